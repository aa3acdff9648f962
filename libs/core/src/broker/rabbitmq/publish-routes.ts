import type { QueueSpec } from '../../ports/broker.js';
import type { Route } from './confirms.js';
import { delayRoutingKey, entryLevel, ladderDelayMs, waitingRoomTarget } from './topology/delay-levels.js';
import type { TopologyNames } from './topology/names.js';
import { refusesWhenFull } from './topology/queues.js';

/** Queue and delay -> exchange and routing key, and back. */
export class PublishRoutes {
  constructor(
    private readonly names: TopologyNames,
    private readonly specOf: (queue: string) => QueueSpec | undefined,
  ) {}

  direct(queue: string): Route {
    const { jobsExchange } = this.names;
    return { exchange: jobsExchange, routingKey: queue, queue, fullAt: this.fullAt(queue) };
  }

  delayed(queue: string, delayMs: number): Route {
    const ms = ladderDelayMs(delayMs);
    const exchange = this.names.delayLevel(entryLevel(ms));
    const target = this.fullAt(queue) !== undefined ? waitingRoomTarget(queue) : queue;
    return { exchange, routingKey: delayRoutingKey(ms, target), queue, fullAt: undefined };
  }

  dead(queue: string): Route {
    const { deadExchange } = this.names;
    return {
      exchange: deadExchange,
      routingKey: queue,
      queue: `dead letters of ${queue}`,
      fullAt: undefined,
    };
  }

  isDelayed({ exchange }: Route): boolean {
    return exchange !== this.names.jobsExchange && exchange !== this.names.deadExchange;
  }

  /** The queue whose declaration it needs. */
  queueOf({ exchange, routingKey, queue }: Route): string {
    return exchange === this.names.deadExchange ? routingKey : queue;
  }

  /** The length at which the queue refuses; undefined: it never does. */
  private fullAt(queue: string): number | undefined {
    const spec = this.specOf(queue);
    return refusesWhenFull(spec) ? spec?.maxLength : undefined;
  }
}
