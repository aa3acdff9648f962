export { ERROR_CODES, type CodeEntry, type ErrorCode } from './codes.js';
export { CONTROL_WORDS, NonRetryableJobError, RetryJobError, SnoozeJobError } from './control.js';
export { describeError, type ErrorDescription } from './describe.js';
export {
  ConfigurationError,
  QueueFullError,
  WarrenError,
  isWarrenError,
  type WarrenErrorOptions,
} from './error.js';
export { RateLimitedJobError, rateLimitedDelayMs, type RateLimitedOptions } from './rate-limited.js';
export { redactUrls } from './redact.js';
