import {
  metrics,
  type Attributes,
  type BatchObservableCallback,
  type Counter,
  type Histogram,
  type Meter,
  type Observable,
} from '@opentelemetry/api';
import { WARREN_VERSION } from 'nestjs-warren/ports';
import { ATTRIBUTES, LABEL_ATTRIBUTES } from '../attributes.js';
import { OTEL_BUCKETS } from '../buckets.js';
import type { Collect, Labels, MetricsPort } from '../metrics/port.js';
import {
  METRICS,
  METRIC_KEYS,
  type CounterKey,
  type GaugeKey,
  type HistogramKey,
  type Label,
  type Metric,
  type MetricKey,
} from '../names.js';
import { SCOPE } from './scope.js';

/** Which operation of a messaging client a figure is of, by the conventions. */
const OPERATIONS: Partial<Record<MetricKey, Attributes>> = {
  enqueued: { [ATTRIBUTES.operationName]: 'publish', [ATTRIBUTES.operationType]: 'send' },
  publishConfirm: { [ATTRIBUTES.operationName]: 'publish', [ATTRIBUTES.operationType]: 'send' },
  started: { [ATTRIBUTES.operationName]: 'process', [ATTRIBUTES.operationType]: 'process' },
  duration: { [ATTRIBUTES.operationName]: 'process', [ATTRIBUTES.operationType]: 'process' },
};

/**
 * The metrics of names.ts that have a name for OpenTelemetry, through whatever MeterProvider the application registered;
 * without one they go nowhere. Loaded only where `@opentelemetry/api` is installed.
 */
export class OtelMetrics implements MetricsPort {
  private readonly meter: Meter = metrics.getMeter(SCOPE, WARREN_VERSION);
  private readonly counters = new Map<MetricKey, Counter>();
  private readonly histograms = new Map<MetricKey, Histogram>();
  private readonly observables = new Map<MetricKey, Observable>();
  private readonly callbacks: Array<() => void> = [];

  /** `systemOf`: the messaging system of a connection. */
  constructor(private readonly systemOf: (connection: string) => string | undefined) {
    for (const key of METRIC_KEYS) {
      const { otel, kind, help: description, unit, isRead }: Metric = METRICS[key];
      if (otel === undefined) continue;
      if (isRead) this.observables.set(key, this.meter.createObservableCounter(otel, { description, unit }));
      else if (kind === 'counter')
        this.counters.set(key, this.meter.createCounter(otel, { description, unit }));
      else if (kind === 'histogram') {
        const advice = { explicitBucketBoundaries: [...OTEL_BUCKETS] };
        this.histograms.set(key, this.meter.createHistogram(otel, { description, unit, advice }));
      } else if (key === 'active') {
        this.observables.set(key, this.meter.createObservableUpDownCounter(otel, { description, unit }));
      } else {
        this.observables.set(key, this.meter.createObservableGauge(otel, { description, unit }));
      }
    }
  }

  count(key: CounterKey, labels: Labels, by = 1): void {
    this.counters.get(key)?.add(by, this.attributes(key, labels));
  }

  observe(key: HistogramKey, labels: Labels, value: number): void {
    this.histograms.get(key)?.record(value, this.attributes(key, labels));
  }

  gauge(key: GaugeKey, collect: Collect): void {
    const observable = this.observables.get(key);
    if (!observable) return;
    const callback: BatchObservableCallback = async (result) => {
      for (const { labels, value } of await collect())
        result.observe(observable, value, this.attributes(key, labels));
    };
    this.meter.addBatchObservableCallback(callback, [observable]);
    this.callbacks.push(() => this.meter.removeBatchObservableCallback(callback, [observable]));
  }

  close(): void {
    for (const remove of this.callbacks.splice(0)) remove();
  }

  private attributes(key: MetricKey, labels: Labels): Attributes {
    const attributes: Attributes = { ...OPERATIONS[key] };
    const system = this.systemOf(labels.connection ?? '');
    if (system !== undefined) attributes[ATTRIBUTES.system] = system;
    for (const label in labels) {
      const value = labels[label as Label];
      if (value !== undefined) attributes[LABEL_ATTRIBUTES[label as Label]] = value;
    }
    return attributes;
  }
}
