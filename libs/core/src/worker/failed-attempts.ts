import { runWithContext, type JobContext } from '../job/context.js';
import type { JobOutcome } from '../job/outcome.js';
import type { Policy } from '../job/policy.js';
import { describeError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import { isThenable } from '../kernel/thenable.js';
import type { JobErrorHook } from '../options/error-hook.js';
import type { Ending } from './ending.js';
import { AttemptContext, type AttemptControls } from './job-context.js';
import type { Run } from './settle.js';

/** An attempt that did not complete, once it is settled. */
export interface EndedRun {
  readonly run: Run;
  /** Undefined: there was no handler to give one to. */
  readonly context: JobContext | undefined;
  readonly policy: Policy;
  readonly payload: unknown;
  readonly ending: Ending;
  readonly outcome: JobOutcome;
}

/** Tells the application's `onJobError`. Isolated from the job as observers are: not awaited, and logged once. */
export class FailedAttempts {
  private hasComplained = false;

  constructor(
    private readonly hook: JobErrorHook,
    private readonly logger: Logger,
  ) {}

  tell({ run, context: given, policy, payload, ending, outcome }: EndedRun): void {
    if (outcome.kind !== 'retry' && outcome.kind !== 'failed') return;
    const { envelope, delivery } = run;
    const context =
      given ?? new AttemptContext(envelope, policy, payload, delivery, unrunControls(), this.logger);
    // Also when the broker did not take it yet: the job store may know the end, and then the handler runs no more.
    const about = { final: outcome.kind === 'failed' };
    try {
      const told = runWithContext(context, () => this.hook(context, thrownBy(ending), about));
      if (isThenable(told))
        Promise.resolve(told).catch((error: unknown) => this.complainOnce(context, error));
    } catch (error) {
      this.complainOnce(context, error);
    }
  }

  private complainOnce({ type, id }: JobContext, error: unknown): void {
    if (this.hasComplained) return;
    this.hasComplained = true;
    const { name, message } = describeError(error);
    this.logger.error(
      `onJobError failed for ${type} ${id}: ${name}: ${message}. The job is not affected; further errors of onJobError are not logged.`,
    );
  }
}

/** A value may be an error that was returned. */
function thrownBy(ending: Ending): unknown {
  if (ending.kind === 'value') return ending.value;
  return 'thrown' in ending ? ending.thrown : undefined;
}

function unrunControls(): AttemptControls {
  return { signal: new AbortController().signal, heartbeat: () => undefined, progress: () => undefined };
}
