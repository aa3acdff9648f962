export { ERROR_CODES, type CodeEntry, type ErrorCode } from './codes.js';
export { NonRetryableJobError, RetryJobError, SnoozeJobError } from './control.js';
export { describeError, type ErrorDescription } from './describe.js';
export {
  ConfigurationError,
  QueueFullError,
  WarrenError,
  isWarrenError,
  type WarrenErrorOptions,
} from './error.js';
export { redactUrls } from './redact.js';
