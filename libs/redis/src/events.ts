import { randomUUID } from 'node:crypto';
import { WarrenError, captureContext, redactUrls, type Clock, type Detached } from 'nestjs-warren/ports';
import { asError, type RedisClient, type RedisSubscriber } from './clients/client.js';
import type { Keys } from './keys.js';
import { Listening } from './listening.js';
import { explain } from './redis-errors.js';
import type { ScriptRunner } from './script-runner.js';
import { announce } from './scripts/index.js';

/** Begins a message that is none of an end. */
const MARK = 'mark:';

interface Watched {
  readonly callbacks: Set<() => void>;
  /** Those whose `watch` has not resolved: they are not called yet, and hold the subscription. */
  joining: number;
  /** Resolves when Redis has the subscription. */
  readonly subscribed: Promise<void>;
}

export interface EndNoticesOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly runner: ScriptRunner;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Who waits for the end of which job in this process. The scripts tell it on a channel of the job; the connection that
 * listens is made for the first who waits, and serves all. After a lost connection everybody is called: what was told
 * meanwhile is not known.
 */
export class EndNotices {
  private readonly watched = new Map<string, Watched>();
  private subscriber: Promise<RedisSubscriber> | undefined;
  private readonly markers = new Map<string, () => void>();
  private isClosed = false;
  private readonly detached: Detached = captureContext();
  private readonly listening: Listening;

  constructor(private readonly options: EndNoticesOptions) {
    this.listening = new Listening({
      ...options,
      isWanted: () => !this.isClosed && this.watched.size > 0,
      onGap: () => this.tellAll(),
    });
  }

  /** @throws WarrenError WARREN_STORE_UNAVAILABLE when Redis does not take the subscription in time. */
  async watch(id: string, onEnd: () => void): Promise<() => void> {
    if (this.isClosed) {
      throw new WarrenError('WARREN_CLOSED', 'The job store is closed: nobody can wait for a job by it.');
    }
    const channel = this.options.keys.channel(id);
    const callback = (): void => onEnd();
    let watched = this.watched.get(channel);
    if (!watched) {
      watched = { callbacks: new Set(), joining: 0, subscribed: this.subscribe(channel) };
      this.watched.set(channel, watched);
    }
    watched.joining += 1;
    try {
      await this.withinLimit(watched.subscribed);
      await this.detached(() => this.listening.begin());
      if (this.options.client.isCluster) await this.passed(channel);
      watched.callbacks.add(callback);
    } catch (error) {
      throw this.unavailable(asError(error));
    } finally {
      watched.joining -= 1;
      this.leaveIfUnused(channel, watched);
    }
    return () => {
      if (watched.callbacks.delete(callback)) this.leaveIfUnused(channel, watched);
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.watched.clear();
    this.listening.end();
    const subscriber = await this.subscriber?.catch(() => undefined);
    await subscriber?.close().catch(() => undefined);
  }

  private async subscribe(channel: string): Promise<void> {
    await (await this.connected()).subscribe(channel);
  }

  /**
   * In a cluster, what one node publishes reaches the others later, in its order: when this message is back, so is all
   * that was told before it.
   */
  private async passed(channel: string): Promise<void> {
    const marker = `${MARK}${randomUUID()}`;
    const isBack = new Promise<void>((resolve) => this.markers.set(marker, resolve));
    const { keys, runner } = this.options;
    try {
      await runner.runOne(announce, { key: keys.types, args: ['', channel, marker] });
      await this.withinLimit(isBack);
    } finally {
      this.markers.delete(marker);
    }
  }

  private connected(): Promise<RedisSubscriber> {
    if (this.subscriber) return this.subscriber;
    // Made outside of the caller's context: the socket would keep a request's AsyncLocalStorage for ever.
    const made = this.detached(() =>
      this.options.client.subscriber({
        onMessage: (channel, message) => {
          if (message.startsWith(MARK)) this.markers.get(message)?.();
          else this.tell(this.watched.get(channel));
        },
        onReconnected: () => this.tellAll(),
      }),
    );
    this.subscriber = made;
    // The next who waits tries again.
    made.catch(() => (this.subscriber = undefined));
    return made;
  }

  private tellAll(): void {
    for (const watched of [...this.watched.values()]) this.tell(watched);
  }

  private tell(watched: Watched | undefined): void {
    for (const callback of [...(watched?.callbacks ?? [])]) {
      this.detached(() => {
        try {
          callback();
        } catch {
          // The error of a reader is nobody's business here: it has its own promise to reject.
        }
      });
    }
  }

  private leaveIfUnused(channel: string, watched: Watched): void {
    if (watched.callbacks.size > 0 || watched.joining > 0) return;
    if (this.watched.get(channel) === watched) this.watched.delete(channel);
    void watched.subscribed
      .then(async () => {
        // Somebody may have come back for it meanwhile.
        if (!this.watched.has(channel)) await (await this.subscriber)?.unsubscribe(channel);
      })
      .catch(() => undefined);
  }

  private withinLimit(subscribed: Promise<void>): Promise<void> {
    const { timeoutMs, clock } = this.options;
    return new Promise((resolve, reject) => {
      const timer = clock.setTimer(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
      subscribed.then(
        () => {
          timer.cancel();
          resolve();
        },
        (error: unknown) => {
          timer.cancel();
          reject(asError(error));
        },
      );
    });
  }

  private unavailable(cause: Error): WarrenError {
    return new WarrenError(
      'WARREN_STORE_UNAVAILABLE',
      `The job store, Redis at ${this.options.client.address}, cannot tell of the end of jobs now: ${redactUrls(explain(cause))}.`,
      { cause },
    );
  }
}
