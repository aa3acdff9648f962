import type { QueueSpec } from '../../ports/broker.js';
import type { FullAt, Route } from './confirms.js';
import { delayRoutingKey, entryLevel, ladderDelayMs, waitingRoomTarget } from './topology/delay-levels.js';
import type { TopologyNames } from './topology/names.js';
import { refusesWhenFull } from './topology/queues.js';
import { targetOf } from './topology/targets.js';

/** Queue and delay -> exchange and routing key, and back. */
export class PublishRoutes {
  constructor(
    private readonly names: TopologyNames,
    private readonly specOf: (queue: string) => QueueSpec | undefined,
  ) {}

  direct(queue: string, priority: number | undefined): Route {
    const { jobsExchange } = this.names;
    const routingKey = this.targetOf(queue, priority);
    return { exchange: jobsExchange, routingKey, queue, fullAt: this.fullAt(queue) };
  }

  delayed(queue: string, priority: number | undefined, delayMs: number): Route {
    const ms = ladderDelayMs(delayMs);
    const exchange = this.names.delayLevel(entryLevel(ms));
    const end = this.targetOf(queue, priority);
    const target = this.fullAt(queue) !== undefined ? waitingRoomTarget(end) : end;
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

  /** Without a spec the queue is somebody else's. */
  private targetOf(queue: string, priority: number | undefined): string {
    const spec = this.specOf(queue);
    return spec ? targetOf(spec, priority) : queue;
  }

  /** The limits at which the queue refuses; undefined: it never does. */
  private fullAt(queue: string): FullAt | undefined {
    const spec = this.specOf(queue);
    if (!spec || !refusesWhenFull(spec)) return undefined;
    const { maxLength, maxBytes } = spec;
    return { maxLength, maxBytes };
  }
}
