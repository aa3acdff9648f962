/**
 * What is kept of an attempt between its start and the moment that tells its outcome. That moment may never come: an ack
 * that was lost is told by whoever gets the message next. So it keeps a bounded number, and gives up the oldest first.
 */
export class InHand<Kept> {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly givenUp: (kept: Kept) => void = () => undefined,
    private readonly most = 10_000,
  ) {}

  put(jobId: string, attempt: number, kept: Kept): void {
    const key = keyOf(jobId, attempt);
    this.giveUp(key);
    this.kept.set(key, kept);
    if (this.kept.size > this.most) this.giveUp(this.kept.keys().next().value!);
  }

  /** Undefined: it never began here, or was taken before. */
  take(jobId: string, attempt: number): Kept | undefined {
    const key = keyOf(jobId, attempt);
    const kept = this.kept.get(key);
    this.kept.delete(key);
    return kept;
  }

  /** The oldest, as long as `isStale` says so. */
  sweep(isStale: (kept: Kept) => boolean): void {
    for (const [key, kept] of this.kept) {
      if (!isStale(kept)) return;
      this.giveUp(key);
    }
  }

  close(): void {
    this.sweep(() => true);
  }

  private giveUp(key: string): void {
    const kept = this.kept.get(key);
    if (kept === undefined) return;
    this.kept.delete(key);
    this.givenUp(kept);
  }
}

function keyOf(jobId: string, attempt: number): string {
  return `${attempt} ${jobId}`;
}
