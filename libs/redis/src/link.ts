import {
  WarrenError,
  captureContext,
  redactUrls,
  type Clock,
  type Detached,
  type Logger,
  type StoreStatus,
  type Timer,
} from 'nestjs-warren/ports';
import type { RedisClient } from './clients/client.js';
import type { Keys } from './keys.js';
import { explain, troubleOf } from './redis-errors.js';

/** Longest wait between two looks at a Redis that is down. */
const LONGEST_PROBE_WAIT_MS = 1_000;
const FIRST_PROBE_WAIT_MS = 25;
/** Refused commands come in numbers when they come: one line in this time says so. */
const REFUSAL_LINE_MS = 60_000;

/** A call that waits for the end of a short outage. */
interface Waiter {
  readonly go: () => void;
}

interface Outage {
  readonly sinceAt: number;
  readonly text: string;
  readonly cause: unknown;
}

export interface LinkOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Asked at each line. */
  readonly logger: () => Logger;
}

/**
 * Whether Redis is there. Every call goes through `send`: it has a time limit, and fails at once while Redis is known
 * to be down, so that jobs do not wait for it one by one. An outage begins with a call that fails by it. During its
 * first moments, up to the time limit, calls wait for its end; a probe that writes finds that.
 *
 * States: connecting -> up <-> down -> closed.
 */
export class Link {
  private outage: Outage | undefined;
  private isUp = false;
  private isClosed = false;
  private probeTimer: Timer | undefined;
  private refusalToldAt = -Infinity;
  private isProbing = false;
  private readonly waiters = new Set<Waiter>();
  private readonly detached: Detached = captureContext();

  constructor(
    private readonly options: LinkOptions,
    private readonly onUp: () => void,
  ) {}

  /**
   * Answers in the order of the commands; none is an Error unless `isTolerated` says so.
   * @throws WarrenError WARREN_STORE_UNAVAILABLE when Redis is not there; WARREN_STORE_REFUSED when it is, and refused
   * one of the commands; WARREN_CLOSED.
   */
  async send(
    commands: readonly (readonly string[])[],
    isTolerated: (error: Error) => boolean = () => false,
  ): Promise<unknown[]> {
    await this.admission();
    const answers = await this.withinLimit(this.options.client.send(this.options.keys.prefix, commands));
    if (answers === undefined) {
      const cause = new Error(`no answer within ${this.options.timeoutMs} ms`);
      this.down(cause, explain(cause));
      throw this.unavailable(explain(cause), cause);
    }
    const failed = answers.find((answer) => answer instanceof Error && !isTolerated(answer)) as
      Error | undefined;
    if (!failed) return answers;
    if (troubleOf(failed) === 'command') throw this.refused(failed);
    this.down(failed, explain(failed));
    throw this.unavailable(explain(failed), failed);
  }

  /**
   * The first look. Resolves when Redis answered, or did not in a way that may heal.
   * @throws WarrenError WARREN_ACCESS_REFUSED when user or password are refused.
   */
  async first(connectError: () => unknown): Promise<void> {
    const endAt = this.options.clock.now() + this.options.timeoutMs;
    for (;;) {
      const said = connectError();
      if (said instanceof Error && troubleOf(said) === 'access') throw this.accessRefused(said);
      if (this.options.client.isReady()) break;
      if (this.isClosed) return;
      if (this.options.clock.now() >= endAt) {
        const cause = said instanceof Error ? said : new Error(this.notReady());
        this.down(cause, explain(cause));
        return;
      }
      await this.sleep(FIRST_PROBE_WAIT_MS);
    }
    const error = await this.probe();
    if (error && troubleOf(error) === 'access') throw this.accessRefused(error);
    if (error) this.down(error, explain(error));
    else this.up();
  }

  status(): StoreStatus {
    const where = `Redis at ${this.options.client.address} by ${this.options.client.library}`;
    if (this.isClosed) return { state: 'closed', text: `${where}: closed` };
    if (this.outage) return { state: 'down', text: `${where}: down, ${this.outage.text}` };
    if (!this.isUp) return { state: 'connecting', text: `${where}: connecting` };
    if (!this.options.client.isReady()) return { state: 'down', text: `${where}: down, ${this.notReady()}` };
    return { state: 'up', text: `${where}: up` };
  }

  close(): void {
    this.isClosed = true;
    this.probeTimer?.cancel();
    for (const waiter of this.waiters) waiter.go();
  }

  private async admission(): Promise<void> {
    if (this.isClosed) throw this.closed();
    if (!this.outage && !this.options.client.isReady()) {
      const cause = new Error(this.notReady());
      this.down(cause, cause.message);
    }
    while (this.outage) {
      const leftMs = this.outage.sinceAt + this.options.timeoutMs - this.options.clock.now();
      if (leftMs <= 0) throw this.unavailable(this.outage.text, this.outage.cause);
      await this.healed(leftMs);
      if (this.isClosed) throw this.closed();
    }
  }

  /** Resolves when the outage is over, or in that time. */
  private healed(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        go: () => {
          this.waiters.delete(waiter);
          timer.cancel();
          resolve();
        },
      };
      const timer = this.options.clock.setTimer(limitMs, waiter.go);
      this.waiters.add(waiter);
    });
  }

  private down(cause: unknown, said: string): void {
    if (this.isClosed || this.outage) return;
    const text = redactUrls(said);
    this.isUp = false;
    this.outage = { sinceAt: this.options.clock.now(), text, cause };
    this.options
      .logger()
      .warn(
        `The job store does not answer: ${text}. Jobs go on without it; it is tried again until it does.`,
      );
    this.detached(() => this.probeIn(FIRST_PROBE_WAIT_MS));
  }

  private probeIn(waitMs: number): void {
    this.probeTimer = this.options.clock.setTimer(waitMs, () => {
      void this.look(Math.min(waitMs * 2, LONGEST_PROBE_WAIT_MS));
    });
  }

  private async look(nextWaitMs: number): Promise<void> {
    const error = this.options.client.isReady() ? await this.probe() : new Error(this.notReady());
    if (this.isClosed) return;
    if (!error) {
      this.up();
      return;
    }
    if (this.outage) this.outage = { ...this.outage, text: redactUrls(explain(error)), cause: error };
    this.probeIn(nextWaitMs);
  }

  /** Writes, for a Redis may answer and take no writes. One at a time: those of a stalled connection would add up. */
  private async probe(): Promise<Error | undefined> {
    if (this.isProbing) return new Error(`no answer within ${this.options.timeoutMs} ms`);
    this.isProbing = true;
    const key = this.options.keys.probe;
    const sent = this.options.client.send(key, [['SET', key, '1', 'PX', '1000']]);
    void sent.then(() => (this.isProbing = false));
    const answers = await this.withinLimit(sent);
    if (answers === undefined) return new Error(`no answer within ${this.options.timeoutMs} ms`);
    return answers[0] instanceof Error ? answers[0] : undefined;
  }

  private up(): void {
    const wasDown = this.outage !== undefined;
    this.outage = undefined;
    this.isUp = true;
    if (wasDown) this.options.logger().info('The job store answers again.');
    for (const waiter of this.waiters) waiter.go();
    this.onUp();
  }

  /** Undefined when the limit was over first. */
  private withinLimit<T>(answers: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const timer = this.options.clock.setTimer(this.options.timeoutMs, () => resolve(undefined));
      answers.then(
        (value) => {
          timer.cancel();
          resolve(value);
        },
        (error: unknown) => {
          timer.cancel();
          reject(error);
        },
      );
    });
  }

  private sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.options.clock.setTimer(delayMs, resolve));
  }

  private notReady(): string {
    return `the ${this.options.client.library} client has no connection`;
  }

  private unavailable(text: string, cause: unknown): WarrenError {
    return new WarrenError(
      'WARREN_STORE_UNAVAILABLE',
      `The job store, Redis at ${this.options.client.address}, is not available: ${redactUrls(text)}. Jobs run without it; look at the health of that Redis.`,
      { cause },
    );
  }

  /** Redis is there: what it does not like is this command. */
  private refused(cause: Error): WarrenError {
    const text = `Redis at ${this.options.client.address} refused a command of the job store: ${redactUrls(explain(cause))}. What it was to remember is lost; the others go on.`;
    const now = this.options.clock.now();
    if (now - this.refusalToldAt >= REFUSAL_LINE_MS) {
      this.refusalToldAt = now;
      this.options.logger().warn(text);
    }
    return new WarrenError('WARREN_STORE_REFUSED', text, { cause });
  }

  private accessRefused(cause: Error): WarrenError {
    return new WarrenError(
      'WARREN_ACCESS_REFUSED',
      `Redis at ${this.options.client.address} refused the job store: ${redactUrls(explain(cause))}`,
      { cause },
    );
  }

  private closed(): WarrenError {
    return new WarrenError('WARREN_CLOSED', 'The job store is closed: nothing can be asked of it any more.');
  }
}
