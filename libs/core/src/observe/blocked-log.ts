import { formatDuration } from '../kernel/duration.js';
import type { Logger } from '../kernel/logger.js';
import type { JobInProgress, MomentOf } from './moments.js';

/** Named in one line; of the others the number is given. */
const NAMED = 3;

/** A type of jobs that blocks does so at each job: one line a minute is enough. */
const PAUSE_MS = 60_000;

/** Writes the line about an event loop that stood still, at most one a minute for each job type. */
export function blockedLog(logger: Logger): (moment: MomentOf<'eventLoopBlocked'>) => void {
  const toldAt = new Map<string, number>();
  return (moment) => {
    const fresh = moment.jobs.filter(({ type }) => moment.at - (toldAt.get(type) ?? -Infinity) >= PAUSE_MS);
    if (fresh.length === 0) return;
    for (const [type, at] of toldAt) if (moment.at - at >= PAUSE_MS) toldAt.delete(type);
    for (const { type } of fresh) toldAt.set(type, moment.at);
    logger.warn(blockedLine(moment, fresh));
  };
}

function blockedLine(moment: MomentOf<'eventLoopBlocked'>, jobs: readonly JobInProgress[]): string {
  const { blockedMs, connectionHeartbeatMs } = moment;
  const isLong = connectionHeartbeatMs !== undefined && blockedMs >= connectionHeartbeatMs;
  return [
    `Event loop was blocked for ${seconds(blockedMs)} while running ${named(jobs)};`,
    'meanwhile nothing else ran in this process: no connection heartbeats, no acks, no timeouts, no other jobs.',
    ...(isLong
      ? [
          `That is longer than connectionHeartbeat (${formatDuration(connectionHeartbeatMs)}): RabbitMQ may have closed the connections, and what was not acked is handed out again.`,
        ]
      : []),
    cause(moment),
  ].join(' ');
}

/**
 * A loop that computes burns CPU. One that does not sat in a synchronous call, or the whole process stood still: both
 * look alike from inside.
 */
function cause({ blockedMs, cpuMs }: MomentOf<'eventLoopBlocked'>): string {
  return cpuMs >= blockedMs / 2
    ? `The process computed (${seconds(cpuMs)} of CPU): give long computations to a worker thread (isolation: 'thread'), or await between pieces of the work.`
    : `The process hardly computed (${seconds(cpuMs)} of CPU): it sat in a synchronous call such as execSync or readFileSync, which has an asynchronous form; or it was stopped, swapped out or short of CPU.`;
}

function named(jobs: readonly JobInProgress[]): string {
  const names = jobs.slice(0, NAMED).map(({ type, jobId, place }) => `${type} ${jobId} in ${place}`);
  const others = jobs.length - names.length;
  return `${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
