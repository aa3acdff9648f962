import type { FailureReason } from '../../job/envelope.js';
import type { Message } from '../../job/message.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
import { WarrenError } from '../../kernel/errors/index.js';
import type {
  ConsumeOptions,
  Consumption,
  DeadLetterVisitor,
  DeliveryListener,
  QueueSpec,
  QueueStats,
} from '../../ports/broker.js';
import { MemoryConsumer, type ConsumerOwner } from './memory-consumer.js';
import { MemoryQueue, type Held } from './memory-queue.js';

/** Messages handed out before the event loop gets a turn. */
const BATCH = 64;

/** One queue with its dead letters and its consumers. */
export class MemoryRoom implements ConsumerOwner {
  private readonly waiting: MemoryQueue;
  private readonly dead: MemoryQueue;
  private readonly takers: MemoryConsumer[] = [];
  private nextTaker = 0;
  private sequence = 0;
  private isPumping = false;
  private isClosed = false;
  private expiry: Timer | undefined;

  constructor(
    private readonly spec: QueueSpec,
    private readonly clock: Clock,
    private readonly detached: Detached,
  ) {
    this.waiting = new MemoryQueue(spec);
    this.dead = new MemoryQueue(spec);
  }

  /** @throws WarrenError WARREN_TOPOLOGY_MISMATCH naming the first difference. */
  requireSame(wanted: QueueSpec): void {
    for (const name of Object.keys(wanted) as Array<keyof QueueSpec>) {
      if (wanted[name] === this.spec[name]) continue;
      throw new WarrenError(
        'WARREN_TOPOLOGY_MISMATCH',
        `Queue '${wanted.name}' exists with ${name} ${String(this.spec[name])}; wanted is ${String(wanted[name])}. Give the same options wherever the queue is used.`,
        { details: { queue: wanted.name, argument: name, existing: this.spec[name], wanted: wanted[name] } },
      );
    }
  }

  enter(message: Message): void {
    this.expire();
    const { maxLength, name } = this.spec;
    if (maxLength !== undefined && this.waiting.length >= maxLength) {
      throw new WarrenError(
        'WARREN_QUEUE_FULL',
        `Queue '${name}' holds its maximum of ${maxLength} jobs and refused one more. Add workers, raise maxLength, or enqueue later.`,
        {
          details: { queue: name, maxLength },
        },
      );
    }
    this.waiting.push(this.hold(message, undefined));
    this.pump();
  }

  /** A delayed message whose time has come; nobody is there to hear that the queue is full. */
  enterDue(message: Message): void {
    this.waiting.push(this.hold(message, undefined));
    this.pump();
  }

  bury(message: Message, reason: FailureReason | undefined): void {
    this.expire();
    this.dead.push(this.hold(message, reason));
    while (this.dead.length > this.spec.deadLetterMaxLength) this.dead.shift();
  }

  consume(options: ConsumeOptions, listener: DeliveryListener): Consumption {
    const taker = this.detached(() => new MemoryConsumer(this.spec.name, options, listener, this));
    this.takers.push(taker);
    this.pump();
    return taker;
  }

  visitDeadLetters(visit: DeadLetterVisitor): void {
    this.expire();
    const kept: Held[] = [];
    for (let count = this.dead.length; count > 0; count -= 1) {
      const held = this.dead.shift()!;
      const decision = visit({ message: held.message, brokerReason: held.brokerReason });
      if (decision === 'keep' || decision === 'stop') kept.push(held);
      else if (decision !== 'discard') this.enter(decision.requeue);
      if (decision === 'stop') break;
    }
    for (const held of kept) this.dead.giveBack(held);
  }

  stats(): QueueStats {
    this.expire();
    const consumers = this.takers.filter(({ isAttached }) => isAttached).length;
    return { ready: this.waiting.length, deadLetters: this.dead.length, consumers };
  }

  consumers(): ReadonlyArray<{ queue: string; attached: boolean }> {
    return this.takers.map(({ queue, isAttached }) => ({ queue, attached: isAttached }));
  }

  loseConsumers(why: string): void {
    for (const taker of this.takers) this.detached(() => taker.lose(why));
    this.pump();
  }

  close(): void {
    this.isClosed = true;
    this.expiry?.cancel();
    for (const taker of this.takers) {
      void taker.stop();
      taker.lose('the broker is closed');
    }
  }

  onAck(): void {
    this.pump();
  }

  onGiveBack(held: Held): void {
    held.redelivered = true;
    this.waiting.giveBack(held);
    this.pump();
  }

  onReject(held: Held): void {
    this.bury(held.message, 'rejected');
    this.pump();
  }

  onCrash(held: Held): void {
    held.redelivered = true;
    held.deliveryCount += 1;
    if (held.deliveryCount > this.spec.deliveryLimit) this.bury(held.message, 'poison');
    else this.waiting.giveBack(held);
    this.pump();
  }

  onStopped(): void {
    this.pump();
  }

  private hold(message: Message, brokerReason: FailureReason | undefined): Held {
    this.sequence += 1;
    const { sequence } = this;
    return {
      message,
      sequence,
      enteredAt: this.clock.now(),
      deliveryCount: 0,
      redelivered: false,
      brokerReason,
    };
  }

  /** Hands out what waits, in turns of the event loop, so that a long queue starves nobody. */
  private pump(): void {
    if (this.isPumping || this.isClosed) return;
    this.isPumping = true;
    this.detached(() => setImmediate(() => this.handOut()));
  }

  private handOut(): void {
    this.isPumping = false;
    if (this.isClosed) return;
    this.expire();
    for (let count = 0; count < BATCH && this.waiting.length > 0; count += 1) {
      const taker = this.freeTaker();
      if (!taker) {
        this.armExpiry();
        return;
      }
      taker.deliver(this.waiting.shift()!);
    }
    if (this.waiting.length > 0) this.pump();
  }

  /** Round robin over consumers with room. */
  private freeTaker(): MemoryConsumer | undefined {
    for (let tried = 0; tried < this.takers.length; tried += 1) {
      const taker = this.takers[this.nextTaker % this.takers.length]!;
      this.nextTaker += 1;
      if (taker.hasRoom) return taker;
    }
    return undefined;
  }

  /** Moves what stayed too long to the dead letters, and forgets dead letters that did. */
  private expire(): void {
    const now = this.clock.now();
    for (const held of this.waiting.takeEnteredBy(now - this.spec.messageTtlMs)) {
      this.dead.push(this.hold(held.message, 'expired'));
    }
    this.dead.takeEnteredBy(now - this.spec.deadLetterTtlMs);
  }

  /** Wakes up when the oldest waiting message expires, as a broker does. */
  private armExpiry(): void {
    const oldest = this.waiting.oldestEnteredAt;
    if (oldest === undefined || this.expiry) return;
    this.expiry = this.clock.setTimer(oldest + this.spec.messageTtlMs - this.clock.now(), () => {
      this.expiry = undefined;
      this.expire();
      this.armExpiry();
    });
  }
}
