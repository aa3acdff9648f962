/** The names of an application, one by one. Health indicators for Terminus: `nestjs-warren-telemetry/health`. */
export type {
  ClusterOptions,
  PrometheusOptions,
  ServerOptions,
  TelemetryOptions,
  TracingOptions,
} from './options.js';
export type { MetricsRegistry } from './prometheus/registry.js';
export { JobsTelemetry, JobsTelemetryModule } from './telemetry.module.js';
