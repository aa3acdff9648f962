import { runWithContext } from '../job/context.js';
import type { Envelope } from '../job/envelope.js';
import type { Policy } from '../job/policy.js';
import type { Clock, Timer } from '../kernel/clock.js';
import { formatDuration } from '../kernel/duration.js';
import { CONTROL_WORDS, WarrenError, describeError, isWarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { TimerPool } from '../kernel/timer-pool.js';
import type { JobInProgress } from '../observe/moments.js';
import type { Delivery } from '../ports/delivery.js';
import type { WantedEnd } from './early-cancellations.js';
import type { AttemptFacts, IsolatedAttempt } from './isolated-attempt.js';
import { AttemptContext } from './job-context.js';
import type { CompiledHandler } from './routes.js';
import type { RunReports } from './run-reports.js';
import type { Zombies } from './zombies.js';

/**
 * One run of a handler: running -> (aborted ->) ended. It ends when the handler does; or, after its signal was
 * aborted, at the latest when the grace has passed, which for shutdown is the drain's: then the handler goes on alone
 * (a zombie): it is counted until it ends, and what it brings is dropped. One that runs in a thread ends with its
 * thread instead.
 */
export type Ending =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly thrown: unknown }
  /** The handler was not called: the payload does not satisfy its contract. */
  | { readonly kind: 'invalid'; readonly thrown: WarrenError }
  | Interruption;

/**
 * `interrupted`: by shutdown. `lost`: the delivery's channel is gone. Either way the job runs again. `cancelled`:
 * somebody wants the job to end.
 */
export type Interruption =
  | { readonly kind: 'interrupted' | 'lost'; readonly why: string }
  | ({ readonly kind: 'cancelled' } & WantedEnd);

/** Time that a handler has to stop after its signal was aborted by anything but shutdown. */
const ABORT_GRACE_MS = 5_000;

export interface AttemptParts {
  readonly clock: Clock;
  /** For the timeout, which nearly every attempt sets and cancels. */
  readonly timers: TimerPool;
  readonly logger: Logger;
  readonly zombies: Zombies;
  readonly onProgress: (value: unknown) => void;
  /** Undefined: no job store is told of this run. */
  readonly reports?: RunReports | undefined;
}

export class Attempt implements IsolatedAttempt {
  readonly context: AttemptContext;
  private controller: AbortController | undefined;
  private abortReason: WarrenError | undefined;
  private interruption: Interruption | undefined;
  private timeout: Timer | undefined;
  private grace: Timer | undefined;
  private isOver = false;
  /** Epoch milliseconds; set when the attempt ended before its handler did. */
  private givenUpAt: number | undefined;
  /** Of handlers in threads. */
  private refusal: WarrenError | undefined;
  private stopHandler: (() => void) | undefined;
  private resolve!: (ending: Ending) => void;

  constructor(
    readonly envelope: Envelope,
    private readonly handler: CompiledHandler,
    private readonly policy: Policy,
    private readonly payload: unknown,
    private readonly delivery: Delivery,
    private readonly parts: AttemptParts,
  ) {
    this.context = new AttemptContext(envelope, policy, payload, delivery, this, parts.logger, parts.reports);
  }

  /** What it is, for messages. */
  get job(): JobInProgress {
    const { type, id: jobId } = this.envelope;
    return { type, jobId, place: this.handler.place };
  }

  get isLost(): boolean {
    return this.interruption?.kind === 'lost';
  }

  get isIsolated(): boolean {
    return this.handler.isIsolated;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.abortReason) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  run(): Promise<Ending> {
    return new Promise((resolve) => {
      this.resolve = resolve;
      // One that runs in a thread waits for it first, and says when it begins.
      if (!this.handler.isIsolated) this.armTimeout();
      void runWithContext(this.context, () => this.invoke());
    });
  }

  get facts(): AttemptFacts {
    const { envelope, policy, payload, delivery } = this;
    const { attempts, deadlineMs } = policy;
    const { redelivered, deliveryCount } = delivery;
    return {
      envelope: { ...envelope, history: [] },
      policy: { attempts, deadlineMs },
      delivery: { redelivered, deliveryCount },
      payload,
    };
  }

  begin(): void {
    if (!this.isOver && !this.abortReason) this.armTimeout();
  }

  refusePayload(error: WarrenError): void {
    this.refusal = error;
  }

  onAbandoned(stop: () => void): void {
    this.stopHandler = stop;
  }

  heartbeat(): void {
    if (this.isOver || this.abortReason) return;
    this.timeout?.cancel();
    this.armTimeout();
  }

  progress(value: unknown): void {
    if (this.isOver) return;
    this.parts.onProgress(value);
    this.parts.reports?.progress(value);
  }

  /** Aborts the signal; the handler's error no longer counts against the job. It may still end with a value. */
  interrupt(interruption: Interruption): void {
    if (this.isOver) return;
    if (this.abortReason) {
      if (overrules(interruption, this.interruption)) this.interruption = interruption;
      return;
    }
    this.interruption = interruption;
    this.abort(reasonOf(interruption, this.named()));
    if (interruption.kind !== 'interrupted') this.allowGrace(interruption, interruption.kind);
  }

  /** Stops waiting for a handler that does not stop. */
  cut(why: string): void {
    this.giveUp(this.interruption ?? { kind: 'interrupted', why });
  }

  private async invoke(): Promise<void> {
    const { context } = this;
    const { validator } = this.handler;
    let isChecked = validator === undefined;
    try {
      if (validator) {
        context.payload = await validator.check(context.payload);
        isChecked = true;
        if (this.isOver) return this.zombieEnded('its handler was not called');
        if (this.abortReason) throw this.abortReason;
      }
      this.ended({ kind: 'value', value: await this.handler.call(context) });
    } catch (thrown) {
      const isInvalid = !isChecked && isWarrenError(thrown, 'WARREN_PAYLOAD_INVALID');
      const isRefused = this.refusal !== undefined && thrown === this.refusal;
      if (isRefused) this.ended({ kind: 'invalid', thrown: this.refusal! });
      else this.ended(isInvalid ? { kind: 'invalid', thrown } : { kind: 'thrown', thrown });
    }
  }

  private armTimeout(): void {
    const { timeoutMs } = this.policy;
    if (timeoutMs === undefined) return;
    this.timeout = this.parts.timers.setTimer(timeoutMs, () => this.timedOut(timeoutMs));
  }

  private timedOut(timeoutMs: number): void {
    const error = new WarrenError(
      'WARREN_TIMEOUT',
      `${this.named()} ran longer than its timeout of ${formatDuration(timeoutMs)}. Raise \`timeout\`, call heartbeat(), or pass \`signal\` on so that the work stops.`,
      { details: { timeoutMs } },
    );
    this.abort(error);
    this.allowGrace({ kind: 'thrown', thrown: error }, 'timed out');
  }

  private allowGrace(ending: Ending, countsAs: string): void {
    this.grace = this.parts.clock.setTimer(ABORT_GRACE_MS, () => {
      const what = this.handler.isIsolated ? 'its thread is ended' : 'what the handler brings is dropped';
      const isOverruled = this.interruption?.kind === 'cancelled';
      this.giveUp(isOverruled ? this.interruption! : ending);
      this.parts.logger.warn(
        `${this.named()} still runs ${formatDuration(ABORT_GRACE_MS)} after its signal was aborted; the attempt counts as ${isOverruled ? 'cancelled' : countsAs}, and ${what}. Handlers given up that still run in this process: ${this.parts.zombies.count}. Pass \`signal\` on to whatever the handler waits for.`,
      );
    });
  }

  private abort(reason: WarrenError): void {
    if (this.isOver || this.abortReason) return;
    this.abortReason = reason;
    this.timeout?.cancel();
    this.controller?.abort(reason);
  }

  /** Ends without the handler, which goes on without anybody who waits for it, or ends with its thread. */
  private giveUp(ending: Ending): void {
    if (this.isOver) return;
    if (this.handler.isIsolated) {
      this.stopHandler?.();
    } else {
      this.givenUpAt = this.parts.clock.now();
      this.parts.zombies.add(this);
    }
    this.finish(ending);
  }

  private zombieEnded(how: string): void {
    const { clock, logger, zombies } = this.parts;
    zombies.remove(this);
    const afterMs = clock.now() - (this.givenUpAt ?? clock.now());
    logger.info(
      `${this.named()} ended ${formatDuration(afterMs)} after it was given up (${how}); what it brought was dropped. Handlers given up that still run in this process: ${zombies.count}.`,
    );
  }

  private ended(ending: Ending): void {
    if (this.givenUpAt !== undefined) return this.zombieEnded(howItEnded(ending));
    const { abortReason, interruption } = this;
    if (ending.kind === 'value' || !abortReason) this.finish(ending);
    else this.finish(interruption ?? afterTimeout(abortReason, ending));
  }

  private finish(ending: Ending): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timeout?.cancel();
    this.grace?.cancel();
    this.parts.reports?.flush();
    this.resolve(ending);
  }

  private named(): string {
    return `Attempt ${this.envelope.attempt} of ${this.envelope.type} ${this.envelope.id} in ${this.handler.place}`;
  }
}

/** Whether what comes second decides. Of a job that ends for good, nothing else matters any more. */
function overrules(next: Interruption, first: Interruption | undefined): boolean {
  // The broker hands out again what is lost, by itself: nothing must be published for it any more.
  if (next.kind === 'lost') return first?.kind === 'interrupted';
  return next.kind === 'cancelled' && (first === undefined || first.kind === 'interrupted');
}

/** What the signal is aborted with. */
function reasonOf(interruption: Interruption, named: string): WarrenError {
  if (interruption.kind === 'cancelled') {
    const { reason, by } = interruption;
    const who = `${by === undefined ? '' : ` by ${by}`}${reason === undefined ? '' : ` (${reason})`}`;
    return new WarrenError('WARREN_JOB_CANCELLED', `${named}: the job was cancelled${who}. Stop its work.`, {
      details: { reason, by },
    });
  }
  const { kind, why } = interruption;
  return new WarrenError('WARREN_INTERRUPTED', `${named} was ${kind}: ${why}. The job runs again.`, {
    details: { kind, why },
  });
}

function howItEnded(ending: Ending): string {
  if (!('thrown' in ending)) return 'it returned';
  const { name, message } = describeError(ending.thrown);
  return `it threw ${name}: ${message}`;
}

/** What comes after the timeout is a consequence of it, unless it says of its own how the attempt ends. */
function afterTimeout(timeout: WarrenError, ending: Ending): Ending {
  if (ending.kind !== 'thrown') return ending;
  const { thrown } = ending;
  if (thrown === timeout || CONTROL_WORDS.some((code) => isWarrenError(thrown, code))) return ending;
  const { code, message, details } = timeout;
  return { kind: 'thrown', thrown: new WarrenError(code, message, { cause: thrown, details }) };
}
