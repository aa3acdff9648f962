import {
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { JOBS_EXTENSION } from 'nestjs-warren';
import { ConfigurationError } from 'nestjs-warren/ports';
import {
  ConfigurableModuleClass,
  TELEMETRY_OPTIONS,
  type ASYNC_OPTIONS_TYPE,
  type OPTIONS_TYPE,
} from './module-definition.js';
import { resolveTelemetry, type TelemetryOptions, type TelemetrySettings } from './options.js';
import { TelemetryServer } from './prometheus/server.js';
import type { MetricsRegistry } from './prometheus/registry.js';
import { Telemetry } from './telemetry.js';

const SETTINGS = 'warren:telemetry:settings';

/** The telemetry of this process: the injectable face. */
export class JobsTelemetry implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private server: TelemetryServer | undefined;

  /** Made by `JobsTelemetryModule`; inject it. */
  constructor(
    private readonly telemetry: Telemetry,
    private readonly settings: TelemetrySettings,
  ) {}

  /** Registry of prom-client with the metrics, for an application that serves them itself; undefined: there is none. */
  get registry(): MetricsRegistry | undefined {
    return this.telemetry.registry;
  }

  /** Where the small server listens, e.g. `http://127.0.0.1:9464`; undefined: there is none. */
  get serverUrl(): string | undefined {
    return this.server?.url;
  }

  async onModuleInit(): Promise<void> {
    const { telemetry, settings } = this;
    if (telemetry.names.length === 0) throw new ConfigurationError([NOT_ASKED]);
    // In a worker thread of handlers there is none: its main thread serves.
    if (!settings.server || telemetry.isInThread) return;
    const { probes, registry } = telemetry;
    const server = new TelemetryServer({ ...settings.server, probes, registry });
    await server.listen();
    this.server = server;
    new Logger('JobsTelemetry').log(`Serves /metrics, /live, /ready and /started on ${server.url}`);
  }

  /** After the drain, and while the job store is still there to be told. */
  beforeApplicationShutdown(): Promise<void> {
    return this.telemetry.leave();
  }

  /** After the drain, so that metrics and probes tell of it. */
  async onApplicationShutdown(): Promise<void> {
    await this.server?.close();
    this.telemetry.close();
  }
}

const NOT_ASKED =
  'JobsTelemetryModule: no connection has it. Import JobsModule, too; and import JobsTelemetryModule once, in the root module.';

/**
 * Tracing, metrics and probes for all connections: `imports: [JobsModule.forRoot({ … }), JobsTelemetryModule.forRoot()]`.
 * What of it is there follows from the packages that are installed.
 */
@Module({})
export class JobsTelemetryModule extends ConfigurableModuleClass {
  /** @throws at boot: ConfigurationError listing every problem, a package that is missing, or a port that is taken. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return withProviders(super.forRoot(options));
  }

  /** The same with options from a factory (`useFactory` with `inject` and `imports`, `useClass`, `useExisting`). */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return withProviders(super.forRootAsync(options));
  }
}

function withProviders(module: DynamicModule): DynamicModule {
  const providers: Provider[] = [
    {
      provide: SETTINGS,
      useFactory: (options: TelemetryOptions) => resolveTelemetry(options),
      inject: [TELEMETRY_OPTIONS],
    },
    {
      provide: JOBS_EXTENSION,
      useFactory: (settings: TelemetrySettings) => Telemetry.create(settings),
      inject: [SETTINGS],
    },
    {
      provide: JobsTelemetry,
      useFactory: (telemetry: Telemetry, settings: TelemetrySettings) =>
        new JobsTelemetry(telemetry, settings),
      inject: [JOBS_EXTENSION, SETTINGS],
    },
  ];
  return {
    ...module,
    // For JobsModule, wherever it is.
    global: true,
    providers: [...(module.providers ?? []), ...providers],
    exports: [...(module.exports ?? []), JOBS_EXTENSION, JobsTelemetry],
  };
}
