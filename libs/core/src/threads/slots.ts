/**
 * As many at once as there are threads; the others wait in line, first come first served. The pool has a line too, but
 * what waits there is forgotten when the last thread dies.
 */
export class Slots {
  private readonly line = new Set<() => void>();

  constructor(private free: number) {}

  /** Resolves with a slot, which must be released. Rejects with the signal's reason when it aborts first. */
  take(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      if (this.free > 0) {
        this.free -= 1;
        resolve();
        return;
      }
      const onAbort = (): void => {
        this.line.delete(enter);
        reject(signal.reason as Error);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.line.add(enter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  release(): void {
    const [next] = this.line;
    if (next) {
      this.line.delete(next);
      next();
    } else this.free += 1;
  }
}
