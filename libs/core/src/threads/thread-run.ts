import { runWithContext, type JobContext } from '../job/context.js';
import { WarrenError, describeError, isWarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { PayloadValidator } from '../payload/validator.js';
import { AttemptContext, type AttemptControls } from '../worker/job-context.js';
import { packError, unpackError, type PackedError } from './packed-error.js';
import type { FromThread, RunEnding, ThreadTask } from './protocol.js';

/** A handler as a thread has it. */
export interface ServedHandler {
  readonly validator: PayloadValidator | undefined;
  readonly call: (context: JobContext) => unknown;
  readonly logger: Logger;
}

/** A thread's side of one run: the check of the payload, the handler, and the context that it sees. */
export class ThreadRun implements AttemptControls {
  private readonly context: AttemptContext;
  private controller: AbortController | undefined;
  private abortReason: Error | undefined;
  private isOver = false;

  constructor(
    private readonly task: ThreadTask,
    private readonly handler: ServedHandler,
    private readonly send: (message: FromThread) => void,
  ) {
    const { envelope, policy, payload, delivery } = task.facts;
    this.context = new AttemptContext(envelope, policy, payload, delivery, this, handler.logger);
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.abortReason !== undefined) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  /** Sends what came of it. Never rejects. */
  async run(): Promise<void> {
    const { run } = this.task;
    this.send({ kind: 'begun', run });
    const ending = await runWithContext(this.context, () => this.invoke());
    this.isOver = true;
    try {
      this.send({ kind: 'ended', run, ending });
    } catch (cause) {
      const error = packError(this.notCopied('The result', cause));
      this.send({ kind: 'ended', run, ending: { kind: 'thrown', error, isReason: false } });
    }
  }

  abort(reason: PackedError): void {
    this.abortReason = unpackError(reason) as Error;
    this.controller?.abort(this.abortReason);
  }

  heartbeat(): void {
    if (!this.isOver) this.send({ kind: 'heartbeat', run: this.task.run });
  }

  /** @throws WarrenError WARREN_THREAD_VALUE when the value cannot be copied. */
  progress(value: unknown): void {
    if (this.isOver) return;
    try {
      this.send({ kind: 'progress', run: this.task.run, value });
    } catch (cause) {
      throw this.notCopied('A progress value', cause);
    }
  }

  private async invoke(): Promise<RunEnding> {
    const { context } = this;
    const { validator, call } = this.handler;
    let isChecked = validator === undefined;
    try {
      if (validator) {
        context.payload = await validator.check(context.payload);
        isChecked = true;
        if (this.abortReason !== undefined) throw this.abortReason;
      }
      const value = await call(context);
      // Returned, it means the same, and a copy of it would be an error like any other.
      if (isWarrenError(value, 'WARREN_RATE_LIMITED')) throw value;
      return { kind: 'value', value };
    } catch (thrown) {
      const error = packError(thrown);
      if (!isChecked && isWarrenError(thrown, 'WARREN_PAYLOAD_INVALID')) return { kind: 'invalid', error };
      const isReason = this.abortReason !== undefined && thrown === this.abortReason;
      return { kind: 'thrown', error, isReason };
    }
  }

  private notCopied(what: string, cause: unknown): WarrenError {
    const { type, id, attempt } = this.context;
    return new WarrenError(
      'WARREN_THREAD_VALUE',
      `${what} of attempt ${attempt} of ${type} ${id} cannot be copied out of its thread: ${describeError(cause).message} Give a JSON value.`,
      { cause },
    );
  }
}
