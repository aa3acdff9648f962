import type { Clock, Timer } from '../../kernel/clock.js';

/** Publishes that are out when the channel is to go are waited for so long: on the next one they would be made twice. */
const DRAIN_LIMIT_MS = 1_000;

export interface RenewalParts {
  readonly clock: Clock;
  /** Whether publishes are out on the channel. */
  readonly hasSent: () => boolean;
  /** Another channel, now. */
  readonly replace: () => void;
}

/**
 * When a channel is given up for another one: idle -> asked -> draining -> replaced, idle.
 *
 * Why it is, measured on RabbitMQ 3.10.8: a channel that publishes to a quorum queue for the first time while its leader is
 * dead has all that it publishes there refused until that node is back, although another node leads the queue a second
 * later; a channel that is opened then has none refused.
 */
export class ChannelRenewal {
  private timer: Timer | undefined;
  private dueAt = Infinity;
  private draining = false;

  constructor(private readonly parts: RenewalParts) {}

  /** Nothing is to be sent on the channel any more. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** In that time at the latest. */
  ask(pauseMs: number): void {
    const { clock } = this.parts;
    const dueAt = clock.elapsed() + pauseMs;
    if (this.draining || dueAt >= this.dueAt) return;
    this.stop();
    this.dueAt = dueAt;
    this.timer = clock.setTimer(pauseMs, () => this.drain());
  }

  /** A publish was answered. */
  settled(): void {
    if (this.draining && !this.parts.hasSent()) this.end();
  }

  /** The channel is gone without that. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.dueAt = Infinity;
    this.draining = false;
  }

  private drain(): void {
    this.draining = true;
    if (!this.parts.hasSent()) return this.end();
    this.timer = this.parts.clock.setTimer(DRAIN_LIMIT_MS, () => this.end());
  }

  private end(): void {
    this.stop();
    this.parts.replace();
  }
}
