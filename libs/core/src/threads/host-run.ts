import type { Clock, Timer } from '../kernel/clock.js';
import { formatDuration } from '../kernel/duration.js';
import { WarrenError, describeError, isWarrenError } from '../kernel/errors/index.js';
import type { AttemptContext } from '../worker/job-context.js';
import type { IsolatedAttempt } from '../worker/isolated-attempt.js';
import type { HostLink } from './host-link.js';
import { packError, unpackError } from './packed-error.js';
import type { FromThread, RunEnding } from './protocol.js';

/**
 * The main thread's side of one run: starting -> begun -> ended. `starting` is the wait for the thread to have its
 * application. It ends when the thread says so or dies, or when the attempt no longer wants it.
 */
export class HostRun {
  readonly result: Promise<unknown>;
  /** Aborted: the thread is ended. */
  readonly end = new AbortController();
  private readonly signal: AbortSignal;
  private readonly startTimer: Timer;
  private link: HostLink | undefined;
  private isOver = false;
  private resolve!: (value: unknown) => void;
  private reject!: (thrown: unknown) => void;
  private readonly onAbort = (): void => this.abort();

  constructor(
    readonly number: number,
    private readonly context: AttemptContext,
    private readonly attempt: IsolatedAttempt,
    { clock, startTimeoutMs }: { readonly clock: Clock; readonly startTimeoutMs: number },
  ) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.signal = context.signal;
    this.signal.addEventListener('abort', this.onAbort, { once: true });
    attempt.onAbandoned(() => this.stop(this.signal.reason));
    this.startTimer = clock.setTimer(startTimeoutMs, () => this.stop(this.notStarted(startTimeoutMs)));
  }

  onMessage(message: Extract<FromThread, { readonly run: number }>, link: HostLink): void {
    if (this.isOver) return;
    switch (message.kind) {
      case 'startFailed':
        this.stop(this.startFailed(unpackError(message.error)));
        break;
      case 'begun':
        this.begun(link);
        break;
      case 'heartbeat':
        this.attempt.heartbeat();
        break;
      case 'progress':
        this.attempt.progress(message.value);
        break;
      case 'ended':
        this.ended(message.ending);
        break;
    }
  }

  /** The thread has ended, and this run with it. */
  died(cause: unknown): void {
    this.finish(() => this.reject(this.link ? this.threadDied(cause) : this.startFailed(cause)));
  }

  private begun(link: HostLink): void {
    this.startTimer.cancel();
    this.link = link;
    if (this.signal.aborted) this.abort();
    else this.attempt.begin();
  }

  private abort(): void {
    // Nobody would hear it before the thread has begun.
    if (!this.link) this.stop(this.signal.reason);
    else this.link.send({ kind: 'abort', run: this.number, reason: packError(this.signal.reason) });
  }

  /** Ends the thread too. */
  private stop(thrown: unknown): void {
    this.finish(() => this.reject(thrown));
    this.end.abort();
  }

  private ended(ending: RunEnding): void {
    this.finish(() => {
      if (ending.kind === 'value') {
        this.resolve(ending.value);
        return;
      }
      const thrown = unpackError(ending.error);
      if (ending.kind === 'invalid' && isWarrenError(thrown)) this.attempt.refusePayload(thrown);
      this.reject(ending.kind === 'thrown' && ending.isReason ? this.signal.reason : thrown);
    });
  }

  private finish(settle: () => void): void {
    if (this.isOver) return;
    this.isOver = true;
    this.startTimer.cancel();
    this.signal.removeEventListener('abort', this.onAbort);
    settle();
  }

  private threadDied(cause: unknown): WarrenError {
    const { name, message } = describeError(cause);
    return new WarrenError(
      'WARREN_THREAD_DIED',
      `The thread of ${this.named()} ended during the attempt: ${name}: ${message}. A handler that calls process.exit ends its thread, as do an error that nobody catches and a full heap (\`maxHeapBytes\`).`,
      { cause },
    );
  }

  private startFailed(cause: unknown): WarrenError {
    if (isWarrenError(cause, 'WARREN_THREAD_START')) return cause;
    const { name, message } = describeError(cause);
    return new WarrenError(
      'WARREN_THREAD_START',
      `The thread for ${this.named()} could not start the application: ${name}: ${message}`,
      { cause },
    );
  }

  private notStarted(startTimeoutMs: number): WarrenError {
    return new WarrenError(
      'WARREN_THREAD_START',
      `The thread for ${this.named()} did not start the application in ${formatDuration(startTimeoutMs)}. See that its entry file calls bootstrapWorker, and raise \`worker.threads.startTimeout\` if it needs longer.`,
      { details: { startTimeoutMs } },
    );
  }

  private named(): string {
    return `attempt ${this.context.attempt} of ${this.context.type} ${this.context.id}`;
  }
}
