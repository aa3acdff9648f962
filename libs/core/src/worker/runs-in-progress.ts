/**
 * The messages that run in this process, by token. One whose channel has gone comes again while its run still goes
 * on: the redelivery waits here for the end of that run.
 */
export class RunsInProgress {
  /** With who waits for the end; most have nobody. */
  private readonly running = new Map<string, Array<() => void> | undefined>();

  get size(): number {
    return this.running.size;
  }

  /** The end of the run of an earlier delivery of the same message. */
  endOf(token: string | undefined): Promise<void> | undefined {
    if (token === undefined || !this.running.has(token)) return undefined;
    return new Promise((resolve) => {
      const waiting = this.running.get(token);
      if (waiting) waiting.push(resolve);
      else this.running.set(token, [resolve]);
    });
  }

  begin(token: string | undefined): void {
    if (token !== undefined) this.running.set(token, undefined);
  }

  end(token: string | undefined): void {
    if (token === undefined) return;
    const waiting = this.running.get(token);
    this.running.delete(token);
    for (const resolve of waiting ?? []) resolve();
  }
}
