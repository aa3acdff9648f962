import type { WatchedRun } from './loop-watch.js';

/**
 * Handlers that go on although their attempt was given up, until they end. Each has left its slot: it runs beside
 * what the queue's concurrency allows, and holds its memory and connections.
 */
export class Zombies {
  private readonly living = new Set<WatchedRun>();

  get count(): number {
    return this.living.size;
  }

  all(): readonly WatchedRun[] {
    return [...this.living];
  }

  add(run: WatchedRun): void {
    this.living.add(run);
  }

  remove(run: WatchedRun): void {
    this.living.delete(run);
  }
}
