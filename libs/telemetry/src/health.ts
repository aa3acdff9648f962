/** The entry of those who have `@nestjs/terminus`. */
export { JobsHealthModule } from './health/health.module.js';
export { JobsHealthIndicator, type HealthOptions } from './health/indicators.js';
export type { QueueThresholds } from './health/thresholds.js';
