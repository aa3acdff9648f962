import type { Logger } from '../kernel/logger.js';
import { diagnosticsObserver } from '../observe/diagnostics.js';
import { jobLog } from '../observe/job-log.js';
import type { Observer } from '../observe/moments.js';
import type { LogSettings } from '../options/settings.js';
import type { ThreadConnection } from '../threads/thread-side.js';

/** Who is always told: the log and the diagnostics channels; in a thread the main thread, which has both. */
export function ownObservers(
  inThread: ThreadConnection | undefined,
  logger: Logger,
  log: LogSettings,
): Observer[] {
  if (inThread) return [(moment) => inThread.tell(moment)];
  return [jobLog(logger, log), diagnosticsObserver()];
}
