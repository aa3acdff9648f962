import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ConfigurationError } from '../kernel/errors/index.js';
import { isRecord, shown } from '../options/describe.js';
import type { JobsOptions } from '../options/module.js';
import { Warren } from '../runtime/warren.js';
import { currentThread } from '../threads/thread-side.js';
import { DEFAULT_CONNECTION } from './decorators/metadata.js';
import { JOBS_EXTENSION, withMiddleware, type JobsExtension } from './extension.js';
import { JobEvents } from './job-events.js';
import { JobStorage } from './job-storage.js';
import { Lifecycle } from './lifecycle.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  JOBS_OPTIONS,
  OPTIONS_TYPE,
} from './module-definition.js';
import { asLogger, nestLogger } from './nest-logger.js';
import { entryOfBootstrap } from './thread-entry.js';
import {
  getJobConnectionToken,
  getJobEventsToken,
  getJobQueueToken,
  getJobStorageToken,
  getJobWorkerToken,
} from './tokens.js';

/** Background jobs: `imports: [JobsModule.forRoot({ url: 'amqp://…', app: 'shop' })]`. Global unless said otherwise. */
@Module({})
export class JobsModule extends ConfigurableModuleClass {
  /**
   * @throws at boot: ConfigurationError listing every problem of options and handlers; WARREN_IN_MEMORY_REFUSED;
   * WARREN_ACCESS_REFUSED; WARREN_TOPOLOGY_MISMATCH.
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    requireOptions(options, 'JobsModule.forRoot()', 'Leave it out for the defaults.');
    return withProviders(super.forRoot(options), options.connection);
  }

  /** The same with options from a factory (`useFactory` with `inject` and `imports`, `useClass`, `useExisting`). */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    requireOptions(options, 'JobsModule.forRootAsync()', 'Give useFactory, useClass or useExisting.');
    return withProviders(super.forRootAsync(options), options.connection);
  }
}

function createWarren(given: JobsOptions, connection: string, extension?: JobsExtension): Warren {
  requireOptions(given, 'JobsModule.forRootAsync(): what the factory gave', 'Return {} for the defaults.');
  const options = withMiddleware(given, extension?.middleware?.(connection));
  const warren = connectionOf(options, connection);
  extension?.connectionMade?.(warren, connection);
  return warren;
}

function connectionOf(options: JobsOptions, connection: string): Warren {
  const threads = { thread: currentThread(), threadEntry: entryOfBootstrap() };
  if (options.logger === undefined)
    return new Warren({ options: { ...options, connection }, logger: nestLogger(), ...threads });
  const logger = asLogger(options.logger);
  return new Warren({ options: { ...options, connection, logger }, logger, ...threads });
}

function requireOptions(options: unknown, what: string, cure: string): void {
  if (!isRecord(options)) {
    throw new ConfigurationError([`${what}: ${shown(options)} is not an object of options. ${cure}`]);
  }
}

function withProviders(module: DynamicModule, connection = DEFAULT_CONNECTION): DynamicModule {
  const warren = getJobConnectionToken(connection);
  const providers: Provider[] = [
    {
      provide: warren,
      useFactory: (options: JobsOptions, extension?: JobsExtension) =>
        createWarren(options, connection, extension),
      inject: [JOBS_OPTIONS, { token: JOBS_EXTENSION, optional: true }],
    },
    { provide: getJobQueueToken(connection), useFactory: ({ jobs }: Warren) => jobs, inject: [warren] },
    {
      provide: getJobWorkerToken(connection),
      useFactory: ({ jobWorker }: Warren) => jobWorker,
      inject: [warren],
    },
    {
      provide: getJobEventsToken(connection),
      useFactory: (running: Warren) =>
        new JobEvents(
          (observer) => running.observe(observer),
          (observer) => running.control.observe(observer),
          running.logger,
        ),
      inject: [warren],
    },
    {
      provide: getJobStorageToken(connection),
      useFactory: (running: Warren) =>
        new JobStorage((store, replace) => running.registerStore(store, replace)),
      inject: [warren],
    },
    Lifecycle.provider(connection, warren, getJobQueueToken(connection)),
  ];
  return {
    ...module,
    imports: [...(module.imports ?? []), DiscoveryModule],
    providers: [...(module.providers ?? []), ...providers],
    exports: [
      ...(module.exports ?? []),
      warren,
      getJobQueueToken(connection),
      getJobWorkerToken(connection),
      getJobEventsToken(connection),
      getJobStorageToken(connection),
    ],
  };
}
