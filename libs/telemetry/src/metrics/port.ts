import type { CounterKey, GaugeKey, HistogramKey, Label } from '../names.js';

/** Where figures go: prom-client and OpenTelemetry each stand behind one of these. Neither knows jobs. */

export type Labels = Partial<Record<Label, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Called when somebody reads the metrics; none: the gauge has no value now. Must not reject. */
export type Collect = () => readonly Sample[] | Promise<readonly Sample[]>;

export interface MetricsPort {
  count(key: CounterKey, labels: Labels, by?: number): void;
  /** `value` in the unit of the metric. */
  observe(key: HistogramKey, labels: Labels, value: number): void;
  /** Adds one more source of samples to a gauge, or to a counter that is read. */
  gauge(key: GaugeKey, collect: Collect): void;
  /** Takes all of it away again. */
  close(): void;
}
