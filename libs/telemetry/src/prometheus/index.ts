import { register } from 'prom-client';
import type { MetricsRegistry } from './registry.js';

export { PrometheusMetrics } from './metrics.js';
export const globalRegistry: MetricsRegistry = register;
