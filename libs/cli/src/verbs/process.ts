import type { Command } from 'commander';
import type { Act } from '../act.js';
import { EXIT } from '../exit-codes.js';
import { milliseconds, wholeNumber } from '../settings.js';

/** `warren process TYPE -- COMMAND`: a worker whose handler is a program, in any language. */

interface ProcessFlags {
  readonly queue?: string;
  readonly concurrency?: string;
  readonly attempts?: string;
  readonly attemptTimeout?: string;
  readonly shutdownTimeout?: string;
  readonly killAfter?: string;
  readonly limit?: string;
}

export function addProcess(program: Command, act: Act): void {
  program
    .command('process')
    .argument('<type>', "type of the jobs, or a prefix that ends in a colon: 'image:resize', 'image:'")
    .argument('<command...>', 'behind --; started without a shell')
    .description(
      'run a program for each job: payload on stdin, exit code 0 completes with stdout as the result, 65 fails for good, others are tried again',
    )
    .option('--queue <queue>', 'where the jobs wait; default: the part of the type before the first colon')
    .option('--concurrency <count>', 'programs at once; default: 1')
    .option('--attempts <count>', 'runs of a job at most')
    .option('--attempt-timeout <duration>', 'longest run of the program; then SIGTERM, and SIGKILL')
    .option('--kill-after <duration>', 'from SIGTERM to SIGKILL; default: 5s')
    .option('--shutdown-timeout <duration>', 'how long SIGTERM waits for programs that run; default: 30s')
    .option('-n, --limit <count>', 'end behind so many attempts')
    .action(
      act<ProcessFlags>(async (call, flags, [type, ...command]) => {
        const limit = flags.limit === undefined ? Infinity : wholeNumber(flags.limit, 'limit');
        const { runProcessWorker } = await import('../process-worker.js');
        call.isEndingItself = true;
        await runProcessWorker(call, {
          type: type!,
          queue: flags.queue,
          command,
          concurrency: flags.concurrency === undefined ? 1 : wholeNumber(flags.concurrency, 'concurrency'),
          attempts: flags.attempts === undefined ? undefined : wholeNumber(flags.attempts, 'attempts'),
          timeoutMs:
            flags.attemptTimeout === undefined
              ? undefined
              : milliseconds(flags.attemptTimeout, 'attempt-timeout'),
          shutdownTimeoutMs: milliseconds(flags.shutdownTimeout ?? '30s', 'shutdown-timeout'),
          killAfterMs: milliseconds(flags.killAfter ?? '5s', 'kill-after'),
          limit,
        });
        return call.io.interrupt.aborted ? EXIT.interrupted : EXIT.ok;
      }),
    );
}
