import { connect, type ChannelModel } from 'amqplib';
import { backoffDelayMs, exponential } from '../../kernel/backoff.js';
import type { Timer } from '../../kernel/clock.js';
import { formatDuration } from '../../kernel/duration.js';
import { redactUrls } from '../../kernel/errors/index.js';
import type { RabbitMqSettings } from '../../options/settings.js';
import { accessRefused, isAccessRefused, isHopeless, sentence, textOf } from './amqp-errors.js';
import { readDeliveriesFast } from './frame-reader.js';
import type { RabbitMqParts } from './parts.js';
import { doneWithin } from './done-within.js';
import { leaveUninstrumented } from './uninstrumented.js';

/**
 * One connection that heals: idle -> connecting -> up (-> blocked -> up) -> connecting ... -> closed. It tries its
 * URLs in turn and calls `setUp` after every connect. amqplib's own recovery is not used: it reconnects, but leaves
 * every channel, consumer and unconfirmed publish to its user, which is the greater part of the work and needs to
 * know when a connection ended and why.
 */
export interface ConnectionOwner {
  /** Makes channels and topology on the new connection. A rejection ends the connection and counts as a failed try. */
  setUp(model: ChannelModel): Promise<void>;
  /** The connection is gone, or never got through its set-up. */
  tornDown(why: string): void;
  onBlocked?(): void;
  onUnblocked?(): void;
  /** Whether another connection tells of the same trouble already; then the log gets no second line of it. */
  isEcho?(): boolean;
}

export type ConnectionState = 'idle' | 'connecting' | 'up' | 'blocked' | 'closed';

const RECONNECT = exponential({ from: '200ms', to: '10s' });

/** A connection that lasted so long was sound: the backoff begins anew. */
const SOUND_AFTER_MS = 10_000;

const CLOSE_LIMIT_MS = 3_000;

const WRITE_BUFFER_BYTES = 1024 * 1024;

export class HealingConnection {
  private currentState: ConnectionState = 'idle';
  private model: ChannelModel | undefined;
  private url = '';
  private failures = 0;
  private tries = 0;
  private upSince = Infinity;
  private retry: Timer | undefined;
  private lastProblem = '';
  /** Times that it was up. */
  private timesUp = 0;
  private hasToldOfInstrumentation = false;
  private socket = new AbortController();

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

  /** The connection that is up or being set up, if any. */
  get held(): ChannelModel | undefined {
    return this.model;
  }

  /** Times that it was up again. */
  get reconnects(): number {
    return Math.max(0, this.timesUp - 1);
  }

  /** What is wrong, if anything is. */
  get problem(): string {
    return this.lastProblem;
  }

  /** Where it is, or tries to be, without credentials. */
  get address(): string {
    return redactUrls(this.url || this.settings.urls[0]!);
  }

  /** The first try. @throws what says that trying again is useless; other failures are tried again in the background. */
  async start(): Promise<void> {
    if (this.currentState !== 'idle') return;
    this.currentState = 'connecting';
    try {
      await this.tryOnce();
    } catch (error) {
      if (isHopeless(error)) {
        this.currentState = 'closed';
        throw error;
      }
      this.tryAgain(error);
    }
  }

  async close(): Promise<void> {
    this.currentState = 'closed';
    this.retry?.cancel();
    const { model } = this;
    this.model = undefined;
    if (model) await doneWithin(this.parts.clock, CLOSE_LIMIT_MS, closeModel(model));
    this.socket.abort();
  }

  private async tryOnce(): Promise<void> {
    const { urls } = this.settings;
    this.url = urls[this.tries % urls.length]!;
    this.tries += 1;
    const model = await this.open(this.url);
    if (this.isClosed()) return closeModel(model);
    let why = 'the connection ended during its set-up';
    if (this.role === 'consume') readDeliveriesFast(model);
    leaveUninstrumented(model, () => this.tellOfInstrumentation());
    this.watch(model, (reason) => (why = reason));
    try {
      await this.owner.setUp(model);
      if (this.model !== model) throw new Error(why);
    } catch (error) {
      if (this.model === model) {
        this.model = undefined;
        this.owner.tornDown(textOf(error));
        await doneWithin(this.parts.clock, CLOSE_LIMIT_MS, closeModel(model));
      }
      throw error;
    }
    if (this.lastProblem !== '') this.tell('info', 'is connected again');
    // A block may have begun during the set-up.
    if (this.currentState === 'connecting') this.currentState = 'up';
    this.timesUp += 1;
    this.lastProblem = '';
    this.upSince = this.parts.clock.elapsed();
  }

  private async open(url: string): Promise<ChannelModel> {
    const { connectTimeoutMs, connectionHeartbeatMs, connectionName } = this.settings;
    const withHeartbeat = new URL(url);
    if (!withHeartbeat.searchParams.has('heartbeat')) {
      const seconds = Math.max(1, Math.round(connectionHeartbeatMs / 1_000));
      withHeartbeat.searchParams.set('heartbeat', String(seconds));
    }
    this.socket = new AbortController();
    const socketOptions = {
      timeout: connectTimeoutMs,
      noDelay: true,
      // amqplib hands both on to `net.connect`. Below this many bytes frames go out in batches; the windows of
      // unconfirmed publishes and of prefetched jobs bound what can be on its way.
      writableHighWaterMark: WRITE_BUFFER_BYTES,
      // The one way to end a handshake that hangs.
      signal: this.socket.signal,
      clientProperties: { connection_name: `${connectionName} ${this.role}` },
    };
    try {
      return await connect(withHeartbeat.href, socketOptions);
    } catch (error) {
      throw isAccessRefused(error) ? accessRefused(error, url) : error;
    }
  }

  private watch(model: ChannelModel, onEnd: (why: string) => void): void {
    this.model = model;
    let why = 'the connection ended';
    model.on('error', (error) => (why = textOf(error)));
    model.on('blocked', (reason: string) => {
      if (this.model !== model) return;
      this.currentState = 'blocked';
      this.tell(
        'warn',
        `takes no publishes for now (${reason}): enqueue waits up to publishTimeout. Free memory or disk of the broker`,
      );
      this.owner.onBlocked?.();
    });
    model.on('unblocked', () => {
      if (this.model !== model) return;
      this.currentState = 'up';
      this.tell('info', 'takes publishes again');
      this.owner.onUnblocked?.();
    });
    model.on('close', (error) => {
      if (this.model !== model) return;
      if (error) why = textOf(error);
      this.model = undefined;
      onEnd(why);
      this.owner.tornDown(why);
      // A connection that ends during its set-up is reported by the set-up's own failure.
      if (this.upSince !== Infinity) this.tryAgain(new Error(why));
    });
  }

  /** One line for each failed try and each loss, with the time of the next try. */
  private tryAgain(error: unknown): void {
    if (this.isClosed()) return;
    const { clock, random } = this.parts;
    if (clock.elapsed() - this.upSince >= SOUND_AFTER_MS) this.failures = 0;
    const what = this.upSince === Infinity ? 'cannot be reached' : 'is lost';
    this.upSince = Infinity;
    this.currentState = 'connecting';
    this.failures += 1;
    this.lastProblem = textOf(error);
    const delayMs = backoffDelayMs(RECONNECT, this.failures, error, random);
    const level = this.owner.isEcho?.() ? 'debug' : isHopeless(error) ? 'error' : 'warn';
    this.tell(level, `${what}: ${sentence(this.lastProblem)} Next try in ${formatDuration(delayMs)}`);
    this.retry = clock.setTimer(delayMs, () => {
      this.tryOnce().catch((next: unknown) => this.tryAgain(next));
    });
  }

  private tell(level: 'error' | 'warn' | 'info' | 'debug', what: string): void {
    this.parts.logger[level](`RabbitMQ at ${this.address} (to ${this.role}) ${what}`);
  }

  private tellOfInstrumentation(): void {
    // One line for both connections.
    if (this.hasToldOfInstrumentation || this.role === 'consume') return;
    this.hasToldOfInstrumentation = true;
    this.tell(
      'info',
      'is used past the automatic instrumentation of amqplib, whose spans of jobs would be wrong; spans of jobs are made by JobsTelemetryModule of nestjs-warren-telemetry',
    );
  }

  private isClosed(): boolean {
    return this.currentState === 'closed';
  }
}

/** Resolves when the connection is closed, whoever closed it. */
function closeModel(model: ChannelModel): Promise<void> {
  return new Promise((resolve) => {
    // When the socket dies meanwhile, amqplib leaves the promise of close() open, but says 'close'.
    model.once('close', () => resolve());
    model.close().then(resolve, () => resolve());
  });
}
