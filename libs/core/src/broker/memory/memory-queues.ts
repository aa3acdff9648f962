import type { Message } from '../../job/message.js';
import type { Clock } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
import { WarrenError } from '../../kernel/errors/index.js';
import type { QueueSpec } from '../../ports/broker.js';
import { DelayHeap } from './delay-heap.js';
import { LevelledQueue } from './levelled-queue.js';

/** Longest single delay of the RabbitMQ adapter; kept here too, so that both behave alike. */
const LONGEST_DELAY_MS = 2 ** 32 - 1;

/** The queues that one or more memory brokers of a process share. Time stands still while none is connected. */
export class MemoryQueues {
  private readonly byName = new Map<string, LevelledQueue>();
  private readonly delays: DelayHeap;
  private readonly clock: Clock;
  private connected = 0;

  constructor(
    clock: Clock,
    private readonly detached: Detached,
  ) {
    // A timer set inside a request would keep that request's async context alive until it fires.
    this.clock = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      setTimer: (delayMs, callback) => detached(() => clock.setTimer(delayMs, callback)),
    };
    this.delays = new DelayHeap(this.clock);
  }

  connect(): void {
    this.connected += 1;
    if (this.connected > 1) return;
    for (const queue of this.byName.values()) queue.resume();
    this.delays.resume();
  }

  disconnect(): void {
    this.connected -= 1;
    if (this.connected > 0) return;
    for (const queue of this.byName.values()) queue.suspend();
    this.delays.suspend();
  }

  /** @throws WarrenError WARREN_TOPOLOGY_MISMATCH. */
  ensure(spec: QueueSpec): void {
    const existing = this.byName.get(spec.name);
    if (existing) existing.requireSame(spec);
    else this.byName.set(spec.name, new LevelledQueue(spec, this.clock, this.detached));
  }

  get names(): readonly string[] {
    return [...this.byName.keys()];
  }

  find(name: string): LevelledQueue | undefined {
    return this.byName.get(name);
  }

  /** @throws WarrenError WARREN_UNROUTABLE when it was never declared. */
  get(name: string): LevelledQueue {
    const queue = this.byName.get(name);
    if (queue) return queue;
    throw new WarrenError(
      'WARREN_UNROUTABLE',
      `There is no queue '${name}'. Declare it first (ensureQueue).`,
      {
        details: { queue: name },
      },
    );
  }

  /** @throws WarrenError WARREN_UNROUTABLE; without a delay, QueueFullError. */
  publish(message: Message, name: string, delayMs: number): void {
    const queue = this.get(name).at(message.priority);
    if (!(delayMs > 0)) {
      queue.enter(message);
      return;
    }
    const dueAt = this.clock.now() + Math.min(Math.ceil(delayMs), LONGEST_DELAY_MS);
    this.delays.add(dueAt, () => queue.enterDue(message));
  }
}
