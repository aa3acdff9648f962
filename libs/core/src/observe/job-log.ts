import { formatDuration } from '../kernel/duration.js';
import type { ErrorDescription } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { LogSettings } from '../options/settings.js';
import { blockedLog } from './blocked-log.js';
import { jobFields, refusedFields } from './job-fields.js';
import type { JobMoment, MomentOf, Observer } from './moments.js';

/** Every log line about jobs: one for each attempt, or for each that did not complete. */
export function jobLog(logger: Logger, { attempts, fields }: LogSettings): Observer {
  const writeBlocked = blockedLog(logger);
  const write = (level: keyof Logger, moment: JobMoment, said: string): void => {
    const line = `${moment.type} ${moment.jobId}: ${said}`;
    if (fields) logger[level](line, jobFields(moment));
    else logger[level](line);
  };
  const writeRefused = (moment: MomentOf<'refused'>, line: string): void => {
    if (fields) logger.error(line, refusedFields(moment));
    else logger.error(line);
  };
  return (moment) => {
    switch (moment.kind) {
      case 'retryScheduled':
        write(
          'warn',
          moment,
          `attempt ${moment.attempt} of ${moment.maxAttempts} failed after ${formatDuration(moment.durationMs)}, next in ${formatDuration(moment.delayMs)}: ${told(moment.error)}`,
        );
        break;
      case 'failed':
        write(
          'error',
          moment,
          `failed (${moment.reason}) at attempt ${moment.attempt} of ${moment.maxAttempts}, now in the dead letters of queue ${moment.queue}: ${told(moment.error)}`,
        );
        break;
      case 'refused':
        writeRefused(
          moment,
          `A message${moment.messageId === undefined ? '' : ` (id ${moment.messageId})`} in queue ${moment.queue} is no valid job and went to the dead letters: ${told(moment.error)}`,
        );
        break;
      case 'settleFailed':
        write(
          'error',
          moment,
          `ended as ${moment.outcome}, but the broker did not take it; the job was given back and will be handed out again: ${told(moment.error)}`,
        );
        break;
      case 'interrupted':
        write('info', moment, `given back unfinished (${moment.why}), runs again`);
        break;
      case 'lost':
        write('warn', moment, `its delivery was lost (${moment.why}), the broker hands it out again`);
        break;
      case 'cancelled':
        write('info', moment, `cancelled${cancelledBy(moment)}`);
        break;
      case 'duplicate':
        write('debug', moment, `a message left without a run (${moment.why})`);
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
      case 'limitsUnknown':
        logger.warn(
          `The job store does not say what limits over all workers allow; jobs with a limit wait, but for those with limitsOnStoreDown: 'allow': ${told(moment.error)}`,
        );
        break;
      case 'limitsKnown':
        logger.info(
          `Limits over all workers are known again after ${formatDuration(moment.forMs)}; ${moment.letIn} jobs ran without them, ${moment.putOff} were put off`,
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
        write('debug', moment, `snoozed for ${formatDuration(moment.delayMs)} (${moment.reason})`);
        break;
      case 'completed':
        if (attempts === 'all') {
          write(
            'info',
            moment,
            `completed at attempt ${moment.attempt} after ${formatDuration(moment.durationMs)}`,
          );
        }
        break;
      // Thousands a second in a healthy application: events$ has them, the log does not.
      case 'enqueued':
      case 'started':
      case 'progressed':
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

function told(error: ErrorDescription): string {
  return `${error.name}: ${error.message}`;
}
