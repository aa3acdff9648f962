import type { FailureReason } from '../../job/envelope.js';
import type { Message } from '../../job/message.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
import { QueueFullError, WarrenError } from '../../kernel/errors/index.js';
import type { ConsumeOptions, DeliveryListener, QueueSpec, QueueStats } from '../../ports/broker.js';
import type { QueueCaps } from '../../ports/queue-caps.js';
import type { DeadLetterBox } from './dead-letter-box.js';
import { MemoryConsumer, type ConsumerOwner } from './memory-consumer.js';
import { WaitingLine, type Held } from './waiting-line.js';

/** Messages handed out before the event loop gets a turn, so that draining a long queue starves nobody. */
const BATCH = 64;

/** One line of what waits, with its consumers. Hands out in turns of the event loop of its own. */
export class MemoryQueue implements ConsumerOwner {
  private readonly waiting = new WaitingLine();
  private readonly consumers: MemoryConsumer[] = [];
  private nextConsumer = 0;
  private sequence = 0;
  private isPumping = false;
  private isSuspended = false;
  private expiry: Timer | undefined;
  private expiryAt = Infinity;

  /** With what was set over the declaration. */
  private spec: QueueSpec;
  private set: QueueCaps = {};

  constructor(
    private readonly declared: QueueSpec,
    private readonly dead: DeadLetterBox,
    private readonly clock: Clock,
    private readonly detached: Detached,
  ) {
    this.spec = declared;
  }

  get caps(): QueueCaps {
    return this.set;
  }

  /** Undefined takes back. What is lowered below what is there acts at once. Gives what counts then. */
  cap(change: QueueCaps): QueueSpec {
    const said = Object.entries({ ...this.set, ...change }).filter(([, value]) => value !== undefined);
    this.set = Object.fromEntries(said);
    this.spec = { ...this.declared, ...this.set };
    this.makeRoom();
    return this.spec;
  }

  /** @throws WarrenError WARREN_TOPOLOGY_MISMATCH naming the first difference. */
  requireSame(wanted: QueueSpec): void {
    const { declared: spec } = this;
    // What it was made with is somebody else's to say.
    if (wanted.declare === false) return;
    for (const name of Object.keys({ ...spec, ...wanted }) as Array<keyof QueueSpec>) {
      if (name === 'declare' || wanted[name] === spec[name]) continue;
      throw new WarrenError(
        'WARREN_TOPOLOGY_MISMATCH',
        `Queue '${spec.name}' exists with ${name} ${String(spec[name])}; wanted is ${String(wanted[name])}. Give the same options wherever the queue is used.`,
        { details: { queue: spec.name, argument: name, existing: spec[name], wanted: wanted[name] } },
      );
    }
  }

  /** @throws QueueFullError, unless the queue drops its oldest instead. */
  enter(message: Message): void {
    const { maxLength, maxBytes, overflow, name: queue } = this.spec;
    const { length, bytes } = this.waiting;
    const isFull =
      (maxLength !== undefined && length >= maxLength) ||
      (maxBytes !== undefined && bytes + message.body.byteLength > maxBytes);
    if (overflow === 'reject' && isFull) {
      const { messageId } = message;
      const what = messageId === undefined ? 'A message' : `Job ${messageId}`;
      throw new QueueFullError(what, { queue, maxLength, maxBytes, jobId: messageId, type: message.type });
    }
    this.enterDue(message);
  }

  /** Takes a delayed message whose time has come, full or not: nobody is there to hear a refusal. */
  enterDue(message: Message): void {
    this.sequence += 1;
    this.waiting.push({
      message,
      sequence: this.sequence,
      expiresAt: this.clock.now() + this.spec.messageTtlMs,
      deliveryCount: 0,
      redelivered: false,
    });
    this.makeRoom();
    this.pump();
  }

  consume(options: ConsumeOptions, listener: DeliveryListener): MemoryConsumer {
    const consumer = new MemoryConsumer(this.spec.name, options, listener, this);
    this.consumers.push(consumer);
    this.detached(() => consumer.attach());
    this.pump();
    return consumer;
  }

  stats(): Pick<QueueStats, 'ready' | 'consumers'> {
    this.expire();
    return {
      ready: this.waiting.length,
      consumers: this.consumers.filter(({ isAttached }) => isAttached).length,
    };
  }

  /** Drops what waits; gives how many. */
  purge(): number {
    this.expire();
    this.disarmExpiry();
    return this.waiting.clear();
  }

  /** Ends the life of its consumers as the death of their channels does; the next begins in a later turn. */
  loseConsumers(why: string): void {
    this.detached(() => {
      const lost = [...this.consumers];
      for (const consumer of lost) consumer.lose(why);
      setImmediate(() => {
        for (const consumer of lost) consumer.attach();
        this.pump();
      });
    });
  }

  /** Stands still while nobody is connected: no timer keeps the process alive. */
  suspend(): void {
    this.isSuspended = true;
    this.disarmExpiry();
  }

  resume(): void {
    this.isSuspended = false;
    this.expire();
    this.pump();
  }

  onAck(): void {
    this.pump();
  }

  onGiveBack(held: Held): void {
    held.redelivered = true;
    this.waiting.putBack(held);
    this.makeRoom();
    this.pump();
  }

  onReject(held: Held): void {
    this.bury(held.message, 'rejected');
    this.pump();
  }

  onCrash(held: Held): void {
    held.deliveryCount += 1;
    if (held.deliveryCount > this.spec.deliveryLimit) this.bury(held.message, 'poison');
    else this.onGiveBack(held);
  }

  onGone(consumer: MemoryConsumer): void {
    const index = this.consumers.indexOf(consumer);
    if (index >= 0) this.consumers.splice(index, 1);
  }

  private bury(message: Message, reason: FailureReason): void {
    this.dead.put(message, reason, this.clock.now());
  }

  /** Drops what is next in turn, as RabbitMQ does; what consumers take at once is not waiting. */
  private makeRoom(): void {
    const { maxLength = Infinity, maxBytes = Infinity, overflow } = this.spec;
    if (overflow !== 'drop-oldest') return;
    const taken = this.consumers.reduce((sum, { room }) => sum + room, 0);
    const { waiting } = this;
    // What is taken at once is looked at again when it is.
    const isOver = () => waiting.length - taken > maxLength || (taken === 0 && waiting.bytes > maxBytes);
    while (isOver()) this.bury(waiting.shift()!.message, 'displaced');
  }

  /** Never hands out at once: a publisher's stack and async context are not the listener's. */
  private pump(): void {
    if (this.isPumping || this.isSuspended || this.waiting.length === 0) return;
    this.isPumping = true;
    this.detached(() => setImmediate(() => this.handOut()));
  }

  private handOut(): void {
    this.isPumping = false;
    if (this.isSuspended) return;
    this.expire();
    try {
      for (let count = 0; count < BATCH && this.waiting.length > 0; count += 1) {
        const consumer = this.consumerWithRoom();
        if (!consumer) return;
        consumer.deliver(this.waiting.shift()!);
      }
    } finally {
      this.makeRoom();
      if (this.consumers.some(({ hasRoom }) => hasRoom)) this.pump();
    }
  }

  /** Round robin. */
  private consumerWithRoom(): MemoryConsumer | undefined {
    const { consumers } = this;
    for (let tried = 0; tried < consumers.length; tried += 1) {
      const consumer = consumers[this.nextConsumer++ % consumers.length]!;
      if (consumer.hasRoom) return consumer;
    }
    return undefined;
  }

  /** Moves what waited too long to the dead letters, and wakes up when the next one will have. */
  private expire(): void {
    const now = this.clock.now();
    for (let late = this.waiting.shiftExpired(now); late; late = this.waiting.shiftExpired(now)) {
      this.bury(late.message, 'expired');
    }
    // An armed timer may be too early, after which it is armed again, but is never too late.
    const nextAt = this.waiting.nextExpiryAt;
    if (nextAt >= this.expiryAt || this.isSuspended) return;
    this.disarmExpiry();
    this.expiryAt = nextAt;
    this.expiry = this.clock.setTimer(nextAt - now, () => {
      this.disarmExpiry();
      this.expire();
    });
  }

  private disarmExpiry(): void {
    this.expiry?.cancel();
    this.expiry = undefined;
    this.expiryAt = Infinity;
  }
}
