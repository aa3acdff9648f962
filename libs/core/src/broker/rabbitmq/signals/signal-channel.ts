import type { Channel, ChannelModel } from 'amqplib';
import { backoffDelayMs, exponential } from '../../../kernel/backoff.js';
import type { Timer } from '../../../kernel/clock.js';
import { sentence, textOf, topologyRefusal } from '../amqp-errors.js';
import { closeChannel, onChannelEnd } from '../channel.js';
import { doneWithin } from '../done-within.js';
import type { RabbitMqParts } from '../parts.js';

const REOPEN = exponential({ from: '1s', to: '60s' });

/** A channel that lasted so long was sound: the backoff begins anew. */
const SOUND_AFTER_MS = 10_000;

const CLOSE_LIMIT_MS = 3_000;

export interface SignalChannelPlan {
  /** For the log, e.g. `Signals of 'control'`. */
  readonly what: string;
  /** What does not work meanwhile. */
  readonly without: string;
  /** Declares and consumes. */
  setUp(channel: Channel, model: ChannelModel): Promise<void>;
  /** The connection to use, while there is one. */
  heldModel(): ChannelModel | undefined;
  onOpen?(): void;
}

/**
 * A channel for signals that comes again: closed -> opening -> open -> closed ... -> over. The next connection opens it
 * again, or a backoff where the broker closed it alone. A refusal is told once, and jobs never hear of it.
 */
export class SignalChannel {
  private channel: Channel | undefined;
  private openedAt = 0;
  private openingOn: ChannelModel | undefined;
  private failures = 0;
  private retry: Timer | undefined;
  private lastWarning = '';
  private isOver = false;

  constructor(
    private readonly plan: SignalChannelPlan,
    private readonly parts: RabbitMqParts,
  ) {}

  get current(): Channel | undefined {
    return this.channel;
  }

  /** Resolves when it is open, or could not be opened for now. Never rejects. */
  async attach(model: ChannelModel): Promise<void> {
    if (this.isOver || this.channel || this.openingOn === model) return;
    this.openingOn = model;
    this.retry?.cancel();
    try {
      await this.open(model);
    } catch (error) {
      // When the connection is gone, the next one attaches.
      if (!this.isOver && this.plan.heldModel() === model) this.again(error);
    } finally {
      if (this.openingOn === model) this.openingOn = undefined;
    }
  }

  /** For good, and what was sent on it before goes out. */
  async close(): Promise<void> {
    this.isOver = true;
    this.retry?.cancel();
    const { channel } = this;
    this.channel = undefined;
    if (channel) await doneWithin(this.parts.clock, CLOSE_LIMIT_MS, closeChannel(channel));
  }

  /** It is of no use any more, and another one is opened. */
  ended(channel: Channel, refusal: Error | undefined): void {
    if (this.channel !== channel) return;
    this.channel = undefined;
    void closeChannel(channel);
    // The end of the connection: the next one attaches.
    if (!refusal || this.isOver) return;
    if (this.parts.clock.elapsed() - this.openedAt >= SOUND_AFTER_MS) this.failures = 0;
    this.again(refusal);
  }

  private async open(model: ChannelModel): Promise<void> {
    const channel = await model.createChannel();
    let refused: Error | undefined;
    let hasEnded = false;
    onChannelEnd(channel, ({ refusal }) => {
      hasEnded = true;
      refused = refusal;
      this.ended(channel, refusal);
    });
    try {
      await this.plan.setUp(channel, model);
    } catch (error) {
      void closeChannel(channel);
      throw refused ?? error;
    }
    if (hasEnded) throw refused ?? new Error('its channel ended');
    if (this.isOver) return closeChannel(channel);
    this.channel = channel;
    this.openedAt = this.parts.clock.elapsed();
    this.plan.onOpen?.();
  }

  private again(error: unknown): void {
    const { plan, parts } = this;
    this.warnOnce(error);
    this.failures += 1;
    const delayMs = backoffDelayMs(REOPEN, this.failures, undefined, parts.random);
    this.retry?.cancel();
    this.retry = parts.clock.setTimer(delayMs, () => {
      const model = plan.heldModel();
      if (model) void this.attach(model);
    });
  }

  private warnOnce(error: unknown): void {
    const { what, without } = this.plan;
    const refusal = topologyRefusal(error, what);
    const said = refusal ? refusal.message : `${what}: ${sentence(textOf(error))}`;
    // Its queue has another name each time.
    const isNews = plain(said) !== plain(this.lastWarning);
    this.lastWarning = said;
    this.parts.logger[isNews ? 'warn' : 'debug'](
      `${said} Jobs run as before; ${without}. It is tried again from time to time.`,
    );
  }
}

function plain(text: string): string {
  return text.replace(/\.[0-9a-f]{16}'/, "'");
}
