import type { Command } from 'commander';
import type { ClusterMoment, JobQueue } from 'nestjs-warren/standalone';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import { EXIT } from '../exit-codes.js';
import { safe, shortened } from '../output/safe-text.js';
import type { Colour } from '../output/style.js';
import { lengthOfTime } from '../output/time.js';
import { wholeNumber } from '../settings.js';

/** `jobs watch`: what happens to jobs in all processes, as it happens. */

interface WatchFlags {
  readonly queue?: string;
  readonly type?: string;
  readonly limit?: string;
}

/** Behind these nothing happens to a job by itself. */
const ENDS: readonly ClusterMoment['kind'][] = ['completed', 'failed', 'cancelled'];

export function addJobsWatch(jobs: Command, act: Act): void {
  jobs
    .command('watch')
    .argument('[id]', 'of one job, until it ends; default: all jobs, until Ctrl-C')
    .description('what happens to jobs, as it happens, in all processes')
    .option('--queue <queue>', 'jobs of this queue')
    .option('--type <type>', 'jobs of this type, or of a prefix that ends in a colon')
    .option('-n, --limit <count>', 'end behind so many events')
    .action(
      act<WatchFlags>(async (call, flags, [id]) => {
        const most = flags.limit === undefined ? Infinity : wholeNumber(flags.limit, 'limit');
        const { warren, jobs: queue } = await call.open({ broker: 'needed', store: 'if-given' });
        const { signal } = call;
        const list = call.out.list<ClusterMoment>({ columns: [], empty: '', isLive: true });
        const heard: ClusterMoment[] = [];
        let ring: () => void = () => undefined;
        const leave = warren.control.observe((moment) => {
          if (!isWanted(moment, flags, id)) return;
          heard.push(moment);
          ring();
        });
        signal.addEventListener('abort', () => ring());
        const seen = id === undefined || !queue.store ? undefined : endOf(queue, id, signal);
        seen?.promise.finally(() => ring()).catch(() => undefined);
        if (call.isText) call.note(`Listening to ${id === undefined ? 'all jobs' : id}; Ctrl-C ends it.`);
        try {
          for (let told = 0; told < most;) {
            const rung = new Promise<void>((resolve) => (ring = resolve));
            const moment = heard.shift();
            if (moment) {
              if (call.isText) await call.out.line(momentLine(call, moment));
              else await list.add(moment);
              told += 1;
              if (id !== undefined && ENDS.includes(moment.kind)) break;
            } else if (signal.aborted) return EXIT.interrupted;
            else if (seen?.state !== undefined) {
              call.note(`${id} has ended: it is ${seen.state}.`);
              return;
            } else if (seen?.error) throw seen.error;
            else await rung;
          }
        } finally {
          leave();
          if (!call.isText) await list.end();
        }
      }),
    );
}

function isWanted(moment: ClusterMoment, { queue, type }: WatchFlags, id: string | undefined): boolean {
  if (id !== undefined && moment.jobId !== id) return false;
  if (queue !== undefined && moment.queue !== queue) return false;
  return type === undefined || moment.type === type || (type.endsWith(':') && moment.type.startsWith(type));
}

const COLOURS: Partial<Record<ClusterMoment['kind'], Colour>> = {
  completed: 'green',
  failed: 'red',
  enqueueFailed: 'red',
  retryScheduled: 'yellow',
  lost: 'yellow',
  settleFailed: 'yellow',
  cancelled: 'gray',
};

export function momentLine(call: Call, moment: ClusterMoment): string {
  const { kind, at, jobId, type, queue, attempt } = moment;
  const parts = [
    call.style('gray', call.at(new Date(at), true)),
    call.style(COLOURS[kind] ?? 'cyan', kind.padEnd(14)),
    safe(jobId),
    safe(type),
    `queue ${safe(queue)}`,
    ...(attempt > 0 ? [`attempt ${attempt}`] : []),
    ...('durationMs' in moment ? [lengthOfTime(moment.durationMs)] : []),
    ...('delayMs' in moment ? [`again in ${lengthOfTime(moment.delayMs)}`] : []),
    ...('error' in moment ? [shortened(`${moment.error.name}: ${moment.error.message}`, 120)] : []),
  ];
  return parts.join('  ');
}

/** The event of an end is mostly here sooner than this behind the end itself. */
const EVENT_WITHIN_MS = 1_000;

interface SeenEnd {
  readonly promise: Promise<void>;
  /** In which the job ended. */
  state: string | undefined;
  error: Error | undefined;
}

/** The end of a job as the store tells it: whoever listens too late, or misses an event, would wait for ever. */
function endOf(jobs: JobQueue, id: string, signal: AbortSignal): SeenEnd {
  const seen: SeenEnd = { promise: look(), state: undefined, error: undefined };
  return seen;

  async function look(): Promise<void> {
    try {
      await jobs.result(id, { timeout: false, signal });
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (
        code !== 'WARREN_JOB_FAILED' &&
        code !== 'WARREN_JOB_CANCELLED' &&
        code !== 'WARREN_RESULT_NOT_KEPT'
      ) {
        seen.error = error as Error;
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, EVENT_WITHIN_MS));
    seen.state = (await jobs.get(id))?.state ?? 'forgotten';
  }
}
