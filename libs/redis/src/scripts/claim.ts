import { script } from './script.js';
import { TAKING } from './taking.js';

/**
 * A delivery asks whether its handler may run. KEYS: job. ARGV: prefix, id, type, queue, generation, token, attempt,
 * most attempts, created, at, worker, timeout, most attempts remembered.
 *
 * Answers {'run', run} | {'ended', outcome, delay, snooze reason, failure reason, error} | {'duplicate', generation} |
 * {'cancelled', cancellation, 'now' if this ended it} | {'discarded'}.
 */
export const claim = script(
  'claim',
  `
return take({ type = ARGV[3], queue = ARGV[4], generation = ARGV[5], token = ARGV[6], attempt = ARGV[7],
  most = ARGV[8], created = ARGV[9], at = ARGV[10], worker = ARGV[11], timeout = ARGV[12], kept = ARGV[13] })
`,
  TAKING,
);
