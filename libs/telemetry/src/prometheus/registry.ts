/** What is used of a registry of prom-client, so that who does without that package needs none of its types. */
export interface MetricsRegistry {
  readonly contentType: string;
  /** All metrics in the text format of Prometheus. */
  metrics(): Promise<string>;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
}
