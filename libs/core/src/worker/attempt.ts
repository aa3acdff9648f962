import { runWithContext } from '../job/context.js';
import type { Envelope } from '../job/envelope.js';
import type { Policy } from '../job/policy.js';
import type { Clock, Timer } from '../kernel/clock.js';
import { formatDuration } from '../kernel/duration.js';
import { WarrenError, isWarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import { isThenable } from '../kernel/thenable.js';
import type { TimerPool } from '../kernel/timer-pool.js';
import type { JobInProgress } from '../observe/moments.js';
import type { Observers } from '../observe/observers.js';
import type { PayloadValidator } from '../payload/validator.js';
import type { LogLine } from '../ports/job-record.js';
import type { JobRecords } from '../ports/job-records.js';
import { afterTimeout, howItEnded, overrules, reasonOf, type Ending, type Interruption } from './ending.js';
import type { AttemptFacts, IsolatedAttempt } from './isolated-attempt.js';
import { AttemptContext } from './job-context.js';
import { progressMoment } from './moments.js';
import type { CompiledHandler } from './routes.js';
import { RunReports } from './run-reports.js';
import type { Run } from './settle.js';
import type { Zombies } from './zombies.js';

/** Time that a handler has to stop after its signal was aborted by anything but shutdown. */
const ABORT_GRACE_MS = 5_000;

/** Of all attempts of a worker: what is of one alone is not made before it is asked for, as most handlers ask for nothing. */
export interface AttemptParts {
  readonly clock: Clock;
  /** For the timeout, which nearly every attempt sets and cancels. */
  readonly timers: TimerPool;
  readonly logger: Logger;
  readonly zombies: Zombies;
  readonly observers: Observers;
  /** Undefined: nothing remembers jobs. */
  readonly records: JobRecords | undefined;
}

/**
 * One run of a handler: running -> (aborted ->) ended. It ends when the handler does; or, after its signal was
 * aborted, at the latest when the grace has passed, which for shutdown is the drain's: then the handler goes on alone
 * (a zombie): it is counted until it ends, and what it brings is dropped. One that runs in a thread ends with its
 * thread instead.
 */
export class Attempt implements IsolatedAttempt {
  readonly context: AttemptContext;
  private controller: AbortController | undefined;
  private abortReason: WarrenError | undefined;
  private interruption: Interruption | undefined;
  private timeout: Timer | undefined;
  private grace: Timer | undefined;
  private ending: Ending | undefined;
  /** Epoch milliseconds; set when the attempt ended before its handler did. */
  private givenUpAt: number | undefined;
  /** Of handlers in threads. */
  private refusal: WarrenError | undefined;
  private stopHandler: (() => void) | undefined;
  private reports: RunReports | undefined;
  /** Where the end is waited for. */
  private resolve: ((ending: Ending) => void) | undefined;

  constructor(
    private readonly of: Run,
    private readonly handler: CompiledHandler,
    private readonly policy: Policy,
    private readonly payload: unknown,
    /** Which run of the job it is to the store; 0: the store is not told of it. */
    private readonly storeRun: number,
    private readonly parts: AttemptParts,
  ) {
    this.context = new AttemptContext(of.envelope, policy, payload, of.delivery, this, parts.logger);
  }

  get envelope(): Envelope {
    return this.of.envelope;
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

  /** A promise only where the handler goes on after it returned. */
  run(): Ending | Promise<Ending> {
    const { clock } = this.parts;
    const beganAt = clock.elapsed();
    runWithContext(this.context, () => this.invoke());
    if (this.ending) return this.ending;
    // One that runs in a thread waits for it first, and says when it begins.
    const isArmed = this.handler.isIsolated || this.timeout !== undefined;
    if (!isArmed && !this.abortReason) this.armTimeout(clock.elapsed() - beganAt);
    return new Promise((resolve) => (this.resolve = resolve));
  }

  get facts(): AttemptFacts {
    const { policy, payload } = this;
    const { envelope, delivery } = this.of;
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
    const { observers, clock } = this.parts;
    observers.tell(progressMoment(this.of, value, clock.now()));
    this.report()?.progress(value);
  }

  line(level: LogLine['level'], message: unknown): void {
    this.report()?.line(level, message);
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

  private get isOver(): boolean {
    return this.ending !== undefined;
  }

  private invoke(): void {
    const { validator } = this.handler;
    if (validator) void this.checkAndCall(validator);
    else this.call();
  }

  private async checkAndCall(validator: PayloadValidator): Promise<void> {
    const { context } = this;
    try {
      context.payload = await validator.check(context.payload);
    } catch (thrown) {
      const isInvalid = isWarrenError(thrown, 'WARREN_PAYLOAD_INVALID');
      return isInvalid ? this.ended({ kind: 'invalid', thrown }) : this.threw(thrown);
    }
    if (this.isOver) this.zombieEnded('its handler was not called');
    else if (this.abortReason) this.threw(this.abortReason);
    else this.call();
  }

  private call(): void {
    let value: unknown;
    let isLater: boolean;
    try {
      value = this.handler.call(this.context);
      isLater = isThenable(value);
    } catch (thrown) {
      return this.threw(thrown);
    }
    if (!isLater) return this.ended({ kind: 'value', value });
    Promise.resolve(value).then(
      (later) => this.ended({ kind: 'value', value: later }),
      (thrown: unknown) => this.threw(thrown),
    );
  }

  private threw(thrown: unknown): void {
    if (this.refusal && thrown === this.refusal) this.ended({ kind: 'invalid', thrown: this.refusal });
    else this.ended({ kind: 'thrown', thrown });
  }

  /** Undefined: no store is told of this run. */
  private report(): RunReports | undefined {
    const { storeRun, parts } = this;
    if (!parts.records || storeRun === 0) return undefined;
    const { id, generation, token } = this.envelope;
    const fence = { id, generation, token, run: storeRun };
    return (this.reports ??= new RunReports(fence, parts.records, parts.clock));
  }

  /** `spentMs` of it are over: the handler may have blocked the event loop. */
  private armTimeout(spentMs = 0): void {
    const { timeoutMs } = this.policy;
    if (timeoutMs === undefined) return;
    const leftMs = Math.max(0, timeoutMs - Math.floor(spentMs));
    this.timeout = this.parts.timers.setTimer(leftMs, () => this.timedOut(timeoutMs));
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
    this.ending = ending;
    this.timeout?.cancel();
    this.grace?.cancel();
    this.reports?.flush();
    this.resolve?.(ending);
  }

  private named(): string {
    return `Attempt ${this.envelope.attempt} of ${this.envelope.type} ${this.envelope.id} in ${this.handler.place}`;
  }
}
