import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type { JobContext } from 'nestjs-warren/standalone';
import type { Call } from './call.js';
import { usageError } from './exit-codes.js';
import { Programs } from './process-handler.js';

/** The worker behind `warren process`: one handler, until a signal ends it. SIGTERM and Ctrl-C drain. */

export interface ProcessPlan {
  readonly type: string;
  /** Undefined: by type. */
  readonly queue: string | undefined;
  readonly command: readonly string[];
  readonly concurrency: number;
  readonly attempts: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly shutdownTimeoutMs: number;
  readonly killAfterMs: number;
  /** Attempts behind which it ends. */
  readonly limit: number;
}

const AGAIN_SOON = '1s';

export async function runProcessWorker(call: Call, plan: ProcessPlan): Promise<void> {
  const { io } = call;
  await requireProgram(plan.command[0]!, io.cwd, io.env['PATH'] ?? '');
  const { NonRetryableJobError: NonRetryable, SnoozeJobError } = await import('nestjs-warren/standalone');
  const { command, killAfterMs, queue, attempts, timeoutMs, concurrency, shutdownTimeoutMs } = plan;
  const programs = new Programs({ command, killAfterMs, env: io.env, cwd: io.cwd, NonRetryable });
  const end = new AbortController();
  let started = 0;
  let ended = 0;
  const run = async (job: JobContext): Promise<unknown> => {
    // Another one takes it, or this one when it is started again; it costs no attempt.
    if (started >= plan.limit)
      throw new SnoozeJobError(AGAIN_SOON, 'the worker has run as many as it was to');
    started += 1;
    try {
      return await programs.run(job);
    } finally {
      ended += 1;
      if (ended >= plan.limit) end.abort();
    }
  };
  call.isTalkative = true;
  const { warren } = await call.open({
    broker: 'needed',
    store: 'if-given',
    declares: true,
    ...(queue !== undefined && { queues: [queue] }),
    handlers: [
      {
        pattern: plan.type,
        place: `warren process ${plan.type}`,
        options: {
          ...(queue !== undefined && { queue }),
          ...(attempts !== undefined && { attempts }),
          ...(timeoutMs !== undefined && { timeout: timeoutMs }),
        },
        definition: undefined,
        payload: undefined,
        run,
      },
    ],
    options: { worker: { concurrency, shutdownTimeout: shutdownTimeoutMs } },
  });
  call.note(`Running ${command.join(' ')} for ${plan.type} from queue ${warren.consumedQueues().join(', ')}`);
  await aborted(AbortSignal.any([io.interrupt, io.terminate, end.signal]));
  call.note(`Draining: ${warren.runningCount} running`);
  await warren.close();
  await programs.ended();
  call.note(`${ended} attempts ran`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}

/** Before any job is taken: a mistyped program would fail them all. @throws CliError (usage) */
async function requireProgram(file: string, cwd: string, path: string): Promise<void> {
  const places = /[/\\]/.test(file)
    ? [resolve(cwd, file)]
    : path.split(delimiter).map((folder) => join(folder === '' ? cwd : folder, file));
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return;
    } catch {
      // The next one may be.
    }
  }
  throw usageError(
    `There is no program ${JSON.stringify(file)} that may be run.`,
    'Give a path, or a name that is in PATH; there is no shell, so that pipes and variables need one: -- sh -c "…".',
  );
}
