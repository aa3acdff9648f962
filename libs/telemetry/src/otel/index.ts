export { OtelMetrics } from './metrics.js';
export { Spans } from './spans.js';
