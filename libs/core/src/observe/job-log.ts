import { formatDuration } from '../kernel/duration.js';
import type { ErrorDescription } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import { blockedLog } from './blocked-log.js';
import type { JobMoment, Observer } from './moments.js';

/** Every log line about jobs: one for each attempt that did not complete. */
export function jobLog(logger: Logger): Observer {
  const writeBlocked = blockedLog(logger);
  return (moment) => {
    switch (moment.kind) {
      case 'retryScheduled':
        logger.warn(
          `${named(moment)}: attempt ${moment.attempt} of ${moment.maxAttempts} failed after ${formatDuration(moment.durationMs)}, next in ${formatDuration(moment.delayMs)}: ${told(moment.error)}`,
        );
        break;
      case 'failed':
        logger.error(
          `${named(moment)}: failed (${moment.reason}) at attempt ${moment.attempt} of ${moment.maxAttempts}, now in the dead letters of queue ${moment.queue}: ${told(moment.error)}`,
        );
        break;
      case 'refused':
        logger.error(
          `A message${moment.messageId === undefined ? '' : ` (id ${moment.messageId})`} in queue ${moment.queue} is no valid job and went to the dead letters: ${told(moment.error)}`,
        );
        break;
      case 'settleFailed':
        logger.error(
          `${named(moment)}: ended as ${moment.outcome}, but the broker did not take it; the job was given back and will be handed out again: ${told(moment.error)}`,
        );
        break;
      case 'interrupted':
        logger.info(`${named(moment)}: given back unfinished (${moment.why}), runs again`);
        break;
      case 'lost':
        logger.warn(`${named(moment)}: its delivery was lost (${moment.why}), the broker hands it out again`);
        break;
      case 'cancelled':
        logger.info(`${named(moment)}: cancelled${cancelledBy(moment)}`);
        break;
      case 'duplicate':
        logger.debug(`${named(moment)}: a message left without a run (${moment.why})`);
        break;
      case 'storeDown':
        logger.warn(
          `The job store is out of reach; jobs go on without it, and what happens to them is told when it is back: ${told(moment.error)}`,
        );
        break;
      case 'storeUp':
        logger.info(
          `The job store answers again; ${moment.late} writes are told now${moment.dropped > 0 ? `, ${moment.dropped} were lost since the start` : ''}`,
        );
        break;
      case 'workerStarted':
        logger.info(`Worker takes jobs from: ${moment.queues.join(', ') || 'no queue (no handlers)'}`);
        break;
      case 'workerDraining':
        logger.info(
          `Worker drains: it takes no new jobs, and waits up to ${formatDuration(moment.limitMs)} for the ${moment.running} that run`,
        );
        break;
      case 'workerDrained':
        logger[moment.zombies > 0 ? 'warn' : 'info'](
          `Worker drained: ${moment.finished} finished, ${moment.givenBack} given back unstarted, ${moment.cut} cut at shutdownTimeout${stillRunning(moment.zombies)}`,
        );
        break;
      case 'eventLoopBlocked':
        writeBlocked(moment);
        break;
      case 'snoozed':
        logger.debug(`${named(moment)}: snoozed for ${formatDuration(moment.delayMs)} (${moment.reason})`);
        break;
      // Thousands a second in a healthy application: events$ has them, the log does not.
      case 'enqueued':
      case 'started':
      case 'progressed':
      case 'completed':
      // The caller of enqueue gets the error.
      case 'enqueueFailed':
        break;
    }
  };
}

/** The modules that they use are destroyed now. */
function stillRunning(zombies: number): string {
  if (zombies === 0) return '';
  const handlers = zombies === 1 ? '1 handler still runs' : `${zombies} handlers still run`;
  return `; ${handlers} in spite of an aborted signal, until the process ends. Pass \`signal\` on to whatever they wait for`;
}

function cancelledBy({
  by,
  reason,
}: {
  readonly by: string | undefined;
  readonly reason: string | undefined;
}): string {
  return `${by === undefined ? '' : ` by ${by}`}${reason === undefined ? '' : ` (${reason})`}`;
}

function named(moment: JobMoment): string {
  return `${moment.type} ${moment.jobId}`;
}

function told(error: ErrorDescription): string {
  return `${error.name}: ${error.message}`;
}
