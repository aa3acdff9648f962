import { captureContext, type Detached } from '../../kernel/detached.js';

/** Who waits for the end of which job. They are called after the change, on their own, and cannot hurt its writer. */
export class Watchers {
  private readonly byId = new Map<string, Set<() => void>>();

  constructor(private readonly detached: Detached = captureContext()) {}

  add(id: string, onEnd: () => void): () => void {
    const watcher = (): void => onEnd();
    const watching = this.byId.get(id) ?? new Set();
    this.byId.set(id, watching.add(watcher));
    return () => {
      if (watching.delete(watcher) && watching.size === 0) this.byId.delete(id);
    };
  }

  tell(id: string): void {
    const watching = this.byId.get(id);
    if (!watching) return;
    for (const watcher of [...watching]) {
      queueMicrotask(() => {
        if (watching.has(watcher)) this.detached(() => callQuietly(watcher));
      });
    }
  }
}

function callQuietly(callback: () => void): void {
  try {
    callback();
  } catch {
    // The error of a reader is nobody's business here: it has its own promise to reject.
  }
}
