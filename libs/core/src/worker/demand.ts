import type { CompiledHandler } from './routes.js';

/**
 * Queues whose handlers are there on demand: held -> so many jobs asked for -> held. A prefetch counts what one
 * consumption has taken and not settled, so to ask anew is to end a consumption and to begin another.
 */
export class Demand {
  private readonly asked = new Map<string, number>();
  /** One step at a time, by queue. */
  private readonly steps = new Map<string, Promise<void>>();

  constructor(
    handlers: readonly Pick<CompiledHandler, 'queue' | 'isOnDemand'>[],
    /** Makes the consumers of the queue do as `of` says now. Never rejects. */
    private readonly follow: (queue: string) => Promise<void>,
  ) {
    for (const { queue, isOnDemand } of handlers) if (isOnDemand) this.asked.set(queue, 0);
  }

  /** Undefined: the queue is taken from as jobs come. */
  of(queue: string): number | undefined {
    return this.asked.get(queue);
  }

  ask(queue: string, count: number): Promise<void> {
    const step = (this.steps.get(queue) ?? Promise.resolve()).then(() => this.step(queue, count));
    this.steps.set(queue, step);
    return step;
  }

  private async step(queue: string, count: number): Promise<void> {
    const before = this.asked.get(queue);
    if (before === undefined) return;
    this.asked.set(queue, 0);
    if (before > 0) await this.follow(queue);
    if (count <= 0) return;
    this.asked.set(queue, count);
    await this.follow(queue);
  }
}
