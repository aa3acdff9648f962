import type { Command } from 'commander';
import type { Act } from '../act.js';
import { CliError, EXIT } from '../exit-codes.js';
import { safeJson } from '../output/safe-text.js';

/** `jobs wait`: the exit code tells how the job ended. */
export function addJobsWait(jobs: Command, act: Act): void {
  jobs
    .command('wait')
    .argument('<id>')
    .description(
      'wait for the end of a job, and print its result: exit 0 completed, 1 failed or cancelled, 3 unknown, 5 not in time (--timeout; default: any time)',
    )
    .action(
      act(async (call, _flags, [id]) => {
        const { jobs: queue } = await call.open({ store: 'needed' });
        const { isTimeoutSaid, timeoutMs } = call.settings;
        const { signal } = call;
        try {
          const result = await queue.result(id!, { timeout: isTimeoutSaid ? timeoutMs : false, signal });
          await call.out.item({ id, state: 'completed', result }, () => [
            safeJson(JSON.stringify(result) ?? 'null'),
          ]);
          return;
        } catch (error) {
          if (signal.aborted) return EXIT.interrupted;
          const { code, message } = error as { readonly code?: string; readonly message: string };
          // It completed all the same.
          if (code === 'WARREN_RESULT_NOT_KEPT') {
            await call.out.item({ id, state: 'completed' }, () => []);
            call.note(message);
            return;
          }
          if (code === 'WARREN_RESULT_TIMEOUT') throw new CliError(EXIT.checkFailed, message);
          if (code === 'WARREN_JOB_FAILED' || code === 'WARREN_JOB_CANCELLED') {
            const job = await queue.get(id!);
            if (!call.isText) await call.out.item({ id, state: job?.state, error: job?.error }, () => []);
            throw new CliError(EXIT.failure, message);
          }
          throw error;
        }
      }),
    );
}
