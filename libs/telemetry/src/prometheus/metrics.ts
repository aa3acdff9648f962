import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { ConfigurationError, WARREN_VERSION } from 'nestjs-warren/ports';
import type { Collect, Labels, MetricsPort } from '../metrics/port.js';
import {
  BUILD_INFO,
  METRICS,
  METRIC_KEYS,
  type CounterKey,
  type GaugeKey,
  type HistogramKey,
  type Metric,
  type MetricKey,
} from '../names.js';
import type { MetricsRegistry } from './registry.js';

/**
 * The metrics of names.ts in a registry of prom-client, which the application may share. Loaded only where prom-client
 * is installed.
 */
export class PrometheusMetrics implements MetricsPort {
  private readonly counters = new Map<MetricKey, Counter>();
  private readonly histograms = new Map<MetricKey, Histogram>();
  private readonly collectors = new Map<MetricKey, Collect[]>();
  private readonly names: string[] = [];

  /** @throws ConfigurationError when the registry has metrics of these names already. */
  constructor(
    private readonly registry: MetricsRegistry,
    buckets: readonly number[],
  ) {
    this.requireFree();
    const registers = [registry as Registry];
    for (const key of METRIC_KEYS) {
      const { name, help, kind, labels, isRead }: Metric = METRICS[key];
      if (name === undefined) continue;
      const said = { name, help, registers, labelNames: ['connection', ...labels] };
      if (isRead) this.addRead(key, (collect) => new Counter({ ...said, collect }));
      else if (kind === 'counter') this.counters.set(key, new Counter(said));
      else if (kind === 'histogram')
        this.histograms.set(key, new Histogram({ ...said, buckets: [...buckets] }));
      else this.addRead(key, (collect) => new Gauge({ ...said, collect }));
      this.names.push(name);
    }
    new Gauge({ ...BUILD_INFO, registers, labelNames: ['version'] }).set({ version: WARREN_VERSION }, 1);
    this.names.push(BUILD_INFO.name);
  }

  count(key: CounterKey, labels: Labels, by = 1): void {
    this.counters.get(key)?.inc(labels, by);
  }

  observe(key: HistogramKey, labels: Labels, value: number): void {
    this.histograms.get(key)?.observe(labels, value);
  }

  gauge(key: GaugeKey, collect: Collect): void {
    this.collectors.get(key)?.push(collect);
  }

  close(): void {
    for (const name of this.names) this.registry.removeSingleMetric(name);
  }

  private addRead(key: MetricKey, make: (collect: () => Promise<void>) => Counter | Gauge): void {
    const collectors: Collect[] = [];
    this.collectors.set(key, collectors);
    const metric = make(async () => {
      const samples = (await Promise.all(collectors.map(async (collect) => collect()))).flat();
      metric.reset();
      for (const { labels, value } of samples) metric.inc(labels, value);
    });
  }

  /** Two applications of one process would mix their figures, and one's end would take those of the other. */
  private requireFree(): void {
    const names = METRIC_KEYS.map((key) => (METRICS[key] as Metric).name);
    const taken = names.find(
      (name) => name !== undefined && this.registry.getSingleMetric(name) !== undefined,
    );
    if (taken === undefined) return;
    throw new ConfigurationError([
      `JobsTelemetryModule: the registry of metrics has '${taken}' already, of another application of this process. Give each a registry of its own: prometheus: { registry: new Registry() }.`,
    ]);
  }
}
