import { connect, type ChannelModel } from 'amqplib';
import { backoffDelayMs, exponential } from '../../kernel/backoff.js';
import type { Timer } from '../../kernel/clock.js';
import { formatDuration } from '../../kernel/duration.js';
import { redactUrls } from '../../kernel/errors/index.js';
import type { RabbitMqSettings } from '../../options/settings.js';
import { accessRefused, isAccessRefused, textOf } from './amqp-errors.js';
import type { RabbitMqParts } from './parts.js';

/**
 * One connection that heals: connecting -> up (-> blocked -> up) -> connecting ... -> closed. It tries its URLs in
 * turn and calls `setUp` after every connect. amqplib's own recovery is not used: it reconnects, but leaves every
 * channel, consumer and unconfirmed publish to its user, which is the greater part of the work and needs to know
 * when a connection ended and why.
 */
export interface ConnectionOwner {
  /** Makes channels and topology on the new connection. A rejection ends the connection and counts as a failed try. */
  setUp(model: ChannelModel): Promise<void>;
  /** The connection is gone. */
  tornDown(why: string): void;
  onBlocked?(reason: string): void;
  onUnblocked?(): void;
}

export type ConnectionState = 'connecting' | 'up' | 'blocked' | 'closed';

const RECONNECT = exponential({ from: '200ms', to: '30s' });

export class HealingConnection {
  private currentState: ConnectionState = 'connecting';
  private model: ChannelModel | undefined;
  private failures = 0;
  private nextUrl = 0;
  private retry: Timer | undefined;
  private lastProblem = '';

  constructor(
    private readonly role: 'publish' | 'consume',
    private readonly settings: RabbitMqSettings,
    private readonly owner: ConnectionOwner,
    private readonly parts: RabbitMqParts,
  ) {}

  get state(): ConnectionState {
    return this.currentState;
  }

  /** The connection that is up, if any. */
  get current(): ChannelModel | undefined {
    return this.currentState === 'up' || this.currentState === 'blocked' ? this.model : undefined;
  }

  /** What is wrong, if anything is. */
  get problem(): string {
    return this.lastProblem;
  }

  /** The first try. @throws what says that trying again is useless; other failures are tried again in the background. */
  async start(): Promise<void> {
    try {
      await this.tryOnce();
    } catch (error) {
      if (isFatal(error)) {
        this.currentState = 'closed';
        throw error;
      }
      this.failed(error);
    }
  }

  async close(): Promise<void> {
    this.currentState = 'closed';
    this.retry?.cancel();
    const { model } = this;
    this.model = undefined;
    await model?.close().catch(() => undefined);
  }

  private async tryOnce(): Promise<void> {
    const url = this.settings.urls[this.nextUrl % this.settings.urls.length]!;
    this.nextUrl += 1;
    const model = await this.open(url);
    if (this.isClosed()) {
      await model.close().catch(() => undefined);
      return;
    }
    this.watch(model, url);
    try {
      await this.owner.setUp(model);
    } catch (error) {
      this.model = undefined;
      await model.close().catch(() => undefined);
      throw error;
    }
    if (this.model !== model) return;
    this.currentState = 'up';
    this.failures = 0;
    this.lastProblem = '';
  }

  private async open(url: string): Promise<ChannelModel> {
    const { connectTimeoutMs, connectionHeartbeatMs, connectionName } = this.settings;
    const withHeartbeat = new URL(url);
    if (!withHeartbeat.searchParams.has('heartbeat')) {
      withHeartbeat.searchParams.set(
        'heartbeat',
        String(Math.max(1, Math.round(connectionHeartbeatMs / 1_000))),
      );
    }
    try {
      return await connect(withHeartbeat.href, {
        timeout: connectTimeoutMs,
        noDelay: true,
        clientProperties: { connection_name: `${connectionName} ${this.role}` },
      });
    } catch (error) {
      throw isAccessRefused(error) ? accessRefused(error, url) : error;
    }
  }

  private watch(model: ChannelModel, url: string): void {
    this.model = model;
    let why = 'the connection closed';
    model.on('error', (error) => (why = textOf(error)));
    model.on('blocked', (reason) => {
      if (this.model !== model) return;
      this.currentState = 'blocked';
      this.parts.logger.warn(
        `RabbitMQ at ${redactUrls(url)} takes no publishes for now (${reason}): enqueue waits up to publishTimeout. Free memory or disk of the broker.`,
      );
      this.owner.onBlocked?.(reason);
    });
    model.on('unblocked', () => {
      if (this.model !== model) return;
      this.currentState = 'up';
      this.parts.logger.info(`RabbitMQ at ${redactUrls(url)} takes publishes again`);
      this.owner.onUnblocked?.();
    });
    model.on('close', (error) => {
      if (this.model !== model) return;
      if (error) why = textOf(error);
      this.model = undefined;
      const wasUp = this.currentState !== 'connecting';
      this.owner.tornDown(why);
      // A connection that ends during its set-up is reported by the set-up's own failure.
      if (wasUp && !this.isClosed()) this.failed(new Error(why));
    });
  }

  /** One line for each failed try, with the next one's time. */
  private failed(error: unknown): void {
    if (this.isClosed()) return;
    this.currentState = 'connecting';
    this.failures += 1;
    this.lastProblem = textOf(error);
    const delayMs = backoffDelayMs(RECONNECT, this.failures, error, this.parts.random);
    const url = redactUrls(this.settings.urls[(this.nextUrl - 1) % this.settings.urls.length]!);
    const line = `RabbitMQ at ${url} is not reachable (${this.role}): ${this.lastProblem}. Try ${this.failures + 1} in ${formatDuration(delayMs)}`;
    if (isFatal(error)) this.parts.logger.error(line);
    else this.parts.logger.warn(line);
    this.retry = this.parts.clock.setTimer(delayMs, () => {
      this.tryOnce().catch((next: unknown) => this.failed(next));
    });
  }

  private isClosed(): boolean {
    return this.currentState === 'closed';
  }
}

function isFatal(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return (
    code === 'WARREN_ACCESS_REFUSED' || code === 'WARREN_TOPOLOGY_MISMATCH' || code === 'WARREN_CONFIGURATION'
  );
}
