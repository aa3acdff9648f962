import { levelOf } from '../../job/priority.js';
import type { Message } from '../../job/message.js';
import type { Clock } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
import type {
  ConsumeOptions,
  DeadLetterVisitor,
  DeliveryListener,
  QueueSpec,
  QueueStats,
} from '../../ports/broker.js';
import type { QueueCaps } from '../../ports/queue-caps.js';
import { atLevel } from '../../ports/level-listener.js';
import { DeadLetterBox } from './dead-letter-box.js';
import type { MemoryConsumer } from './memory-consumer.js';
import { MemoryQueue } from './memory-queue.js';

/** A queue by its name: one line of what waits, or one for each level of priority, and the dead letters of all. */
export class LevelledQueue {
  /** The lowest first. */
  private readonly levels: readonly MemoryQueue[];
  private readonly dead: DeadLetterBox;

  constructor(
    private readonly spec: QueueSpec,
    private readonly clock: Clock,
    detached: Detached,
  ) {
    this.dead = new DeadLetterBox(spec);
    this.levels = Array.from(
      { length: spec.priorities ?? 1 },
      () => new MemoryQueue(spec, this.dead, clock, detached),
    );
  }

  /** @throws WarrenError WARREN_TOPOLOGY_MISMATCH naming the first difference. */
  requireSame(wanted: QueueSpec): void {
    this.levels[0]!.requireSame(wanted);
  }

  get caps(): QueueCaps {
    return this.levels[0]!.caps;
  }

  /** Each level has the limit for itself. Undefined takes back. */
  cap(change: QueueCaps): void {
    for (const level of this.levels) this.dead.spec = level.cap(change);
  }

  /** Where a message with that priority waits; undefined: a normal one. */
  at(priority: number | undefined): MemoryQueue {
    return this.levels[levelOf(priority, this.levels.length)]!;
  }

  consume(options: ConsumeOptions, listener: DeliveryListener): MemoryConsumer {
    return this.at(options.priority).consume(options, atLevel(this.spec, options.priority, listener));
  }

  bury(message: Message): void {
    this.dead.put(message, undefined, this.clock.now());
  }

  visitDeadLetters(visit: DeadLetterVisitor, copyOf: (message: Message) => Message): Promise<void> {
    const requeue = (message: Message) => this.at(message.priority).enter(copyOf(message));
    return this.dead.visit(visit, requeue, this.clock.now());
  }

  stats(): QueueStats {
    const levels = this.levels.map((level) => level.stats());
    return {
      ready: levels.reduce((sum, { ready }) => sum + ready, 0),
      deadLetters: this.dead.count(this.clock.now()),
      consumers: Math.max(...levels.map(({ consumers }) => consumers)),
    };
  }

  purge(): number {
    return this.levels.reduce((sum, level) => sum + level.purge(), 0);
  }

  loseConsumers(why: string): void {
    for (const level of this.levels) level.loseConsumers(why);
  }

  suspend(): void {
    for (const level of this.levels) level.suspend();
  }

  resume(): void {
    for (const level of this.levels) level.resume();
  }
}
