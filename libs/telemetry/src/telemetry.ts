import type { JobsExtension, JobsOptions } from 'nestjs-warren';
import { systemClock, type Clock } from 'nestjs-warren/ports';
import type { Warren } from 'nestjs-warren/standalone';
import { addClusterGauges } from './cluster/cluster-gauges.js';
import { ClusterView } from './cluster/cluster-view.js';
import { destinationOf, type Destination } from './destination.js';
import { JobMetrics } from './metrics/job-metrics.js';
import type { MetricsPort } from './metrics/port.js';
import { addProcessGauges } from './metrics/process-gauges.js';
import { addStoreCalls } from './metrics/store-calls.js';
import type { TelemetrySettings } from './options.js';
import { loadWith } from './peers.js';
import { Probes } from './probes.js';
import type { MetricsRegistry } from './prometheus/registry.js';

/** What one connection has of it. */
interface OfConnection {
  readonly middleware: Required<NonNullable<JobsOptions['middleware']>>;
  readonly made: (warren: Warren) => void;
  destination: Destination | undefined;
}

interface Loaded {
  readonly otel: typeof import('./otel/index.js') | undefined;
  readonly ports: readonly MetricsPort[];
  readonly registry: MetricsRegistry | undefined;
}

/**
 * The telemetry of an application: for each connection its middleware and observers, for all of them the metrics and the
 * probes. In a worker thread of handlers there is its middleware alone: the main thread is told of everything else.
 */
export class Telemetry implements JobsExtension {
  readonly probes = new Probes();
  /** Whether it is that of a worker thread. */
  isInThread = false;
  private readonly connections = new Map<string, OfConnection>();
  private readonly closers: Array<() => void> = [];
  private readonly views: ClusterView[] = [];

  private constructor(
    private readonly settings: TelemetrySettings,
    private readonly loaded: Loaded,
    private readonly clock: Clock,
  ) {}

  /** @throws ConfigurationError when a package is missing that is asked for, or the registry is taken. */
  static async create(settings: TelemetrySettings, clock: Clock = systemClock): Promise<Telemetry> {
    const { tracing, otelMetrics, prometheus } = settings;
    const otel = (tracing ?? otelMetrics) && (await loadOtel(settings));
    const prom = prometheus && (await loadPrometheus(prometheus.isAsked));
    const ports: MetricsPort[] = [];
    const telemetry = new Telemetry(
      settings,
      { otel, ports, registry: prom && (prometheus.registry ?? prom.globalRegistry) },
      clock,
    );
    const { registry } = telemetry;
    if (prom && registry) ports.push(new prom.PrometheusMetrics(registry, prometheus.buckets));
    if (otel && otelMetrics)
      ports.push(new otel.OtelMetrics((name) => telemetry.destinationOf(name)?.system));
    return telemetry;
  }

  /** Where the metrics for Prometheus are; undefined: there are none. */
  get registry(): MetricsRegistry | undefined {
    return this.loaded.registry;
  }

  /** Names of the connections that have it. */
  get names(): readonly string[] {
    return [...this.connections.keys()];
  }

  middleware(connection: string): NonNullable<JobsOptions['middleware']> {
    return this.of(connection).middleware;
  }

  connectionMade(warren: Warren, connection: string): void {
    const own = this.of(connection);
    own.destination = destinationOf(warren, connection);
    this.isInThread = warren.isInThread;
    if (warren.isInThread) return;
    own.made(warren);
    this.probes.add(connection, warren);
  }

  /** Lets another process report what is the same for all. Never rejects. */
  async leave(): Promise<void> {
    await Promise.all(this.views.map((view) => view.close()));
  }

  /** Ends spans that wait for a moment, and takes the metrics out of the registry. */
  close(): void {
    for (const close of this.closers.splice(0)) close();
    for (const port of this.loaded.ports) port.close();
  }

  private destinationOf(connection: string): Destination | undefined {
    return this.connections.get(connection)?.destination;
  }

  private of(connection: string): OfConnection {
    let own = this.connections.get(connection);
    if (!own) this.connections.set(connection, (own = this.make(connection)));
    return own;
  }

  private make(connection: string): OfConnection {
    const { clock, settings, loaded } = this;
    const { tracing, maxJobTypes: mostTypes } = settings;
    const { ports, otel } = loaded;
    const spans =
      otel &&
      tracing &&
      new otel.Spans({ names: tracing.spanNames, linkAfterMs: tracing.linkAfter }, clock, () =>
        this.destinationOf(connection)!,
      );
    const metrics = ports.length > 0 ? new JobMetrics({ connection, ports, clock, mostTypes }) : undefined;
    return {
      // Figures inside spans, so that their exemplars may name the span.
      middleware: {
        enqueue: [...(spans?.middleware.enqueue ?? []), ...(metrics ? [metrics.enqueue] : [])],
        run: [...(spans?.middleware.run ?? []), ...(metrics ? [metrics.run] : [])],
      },
      made: (warren) => {
        if (spans) warren.observe((moment) => spans.observe(moment));
        if (spans) this.closers.push(() => spans.close());
        if (metrics) warren.observe(metrics.observer);
        for (const port of ports) addProcessGauges(port, warren, connection);
        if (ports.length > 0) this.closers.push(addStoreCalls(ports, warren, connection));
        this.addCluster(warren, connection);
      },
      destination: undefined,
    };
  }

  private addCluster(warren: Warren, connection: string): void {
    const { cluster } = this.settings;
    const { ports } = this.loaded;
    if (!cluster || ports.length === 0) return;
    const view = new ClusterView(warren, cluster.cacheFor, this.clock);
    for (const port of ports) addClusterGauges(port, view, connection);
    this.views.push(view);
  }
}

function loadOtel({ tracing, otelMetrics }: TelemetrySettings): Promise<Loaded['otel']> {
  const isTracingAsked = tracing?.isAsked === true;
  return loadWith(() => import('./otel/index.js'), {
    packageName: '@opentelemetry/api',
    option: isTracingAsked ? 'tracing' : 'otelMetrics',
    isAsked: isTracingAsked || otelMetrics?.isAsked === true,
  });
}

function loadPrometheus(isAsked: boolean) {
  return loadWith(() => import('./prometheus/index.js'), {
    packageName: 'prom-client',
    option: 'prometheus',
    isAsked,
  });
}
