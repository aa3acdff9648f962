import type { Clock, Timer } from '../../kernel/clock.js';

/** Why: a queue without limits refuses a publish; or one with limits, which says no more when it is full. */
export type RenewalCause = 'refused' | 'full';

/** From the first refusal on. Elections of a leader take up to some seconds. */
const PAUSE_MS: Readonly<Record<RenewalCause, number>> = { refused: 250, full: 10_000 };

/** Publishes that are out when the channel is to go are waited for so long: on the next one they would be made twice. */
const DRAIN_LIMIT_MS = 1_000;

export interface RenewalParts {
  readonly clock: Clock;
  /** Whether publishes are out on the channel. */
  readonly hasSent: () => boolean;
  /** Another channel, now. */
  readonly replace: () => void;
  /** The channel stays: what was held meanwhile may go. */
  readonly keep: () => void;
}

/**
 * When a channel is given up for another one: idle -> asked -> draining -> replaced or kept, idle. A queue that may just be
 * full is not worth publishes that are made twice: then the channel is kept where it does not drain.
 *
 * Why it is, measured on RabbitMQ 3.10.8: a channel that publishes to a quorum queue for the first time while its leader is
 * dead has all that it publishes there refused until that node is back, although another node leads the queue a second
 * later; a channel that is opened then has none refused.
 */
export class ChannelRenewal {
  private timer: Timer | undefined;
  private dueAt = Infinity;
  private draining = false;
  private isUrgent = false;

  constructor(private readonly parts: RenewalParts) {}

  /** Nothing is to be sent on the channel any more. */
  get isDraining(): boolean {
    return this.draining;
  }

  ask(cause: RenewalCause): void {
    const { clock } = this.parts;
    const dueAt = clock.elapsed() + PAUSE_MS[cause];
    this.isUrgent ||= cause === 'refused';
    if (this.draining || dueAt >= this.dueAt) return;
    this.timer?.cancel();
    this.dueAt = dueAt;
    this.timer = clock.setTimer(PAUSE_MS[cause], () => this.drain());
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
    this.isUrgent = false;
  }

  private drain(): void {
    this.draining = true;
    if (!this.parts.hasSent()) return this.end();
    this.timer = this.parts.clock.setTimer(DRAIN_LIMIT_MS, () =>
      this.isUrgent ? this.end() : this.giveUp(),
    );
  }

  private giveUp(): void {
    this.stop();
    this.parts.keep();
  }

  private end(): void {
    this.stop();
    this.parts.replace();
  }
}
