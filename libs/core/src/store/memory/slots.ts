/** How much of the newest time the mean takes in. */
const NEWEST_WEIGHT = 0.2;
/** The mean before a slot was freed, in milliseconds. */
const FIRST_MEAN_MS = 200;
/** What is remembered of slots that nobody holds is forgotten after so long. */
const UNUSED_KEPT_MS = 3_600_000;

/** The slots of one key of a rule: who holds them until when, and which processes wait for one. */
export class Slots {
  private readonly holders = new Map<string, number>();
  /** Process -> since when. */
  private readonly waiting = new Map<string, number>();
  private meanMs = FIRST_MEAN_MS;
  private lineAt = 0;
  private usedAt = 0;

  has(ticket: string, now: number): boolean {
    return (this.holders.get(ticket) ?? -Infinity) > now;
  }

  count(now: number): number {
    for (const [ticket, untilMs] of this.holders) if (untilMs <= now) this.holders.delete(ticket);
    return this.holders.size;
  }

  hold(ticket: string, untilMs: number): void {
    this.holders.set(ticket, untilMs);
    this.usedAt = untilMs;
  }

  release(ticket: string, heldMs: number): void {
    if (this.holders.delete(ticket)) this.meanMs += NEWEST_WEIGHT * (heldMs - this.meanMs);
  }

  wait(process: string, sinceAt: number): void {
    this.waiting.set(process, Math.min(sinceAt, this.waiting.get(process) ?? Infinity));
  }

  forget(process: string): void {
    this.waiting.delete(process);
  }

  /** Those that have waited longest, at most so many; they do not wait any more. */
  nextProcesses(most: number): string[] {
    if (most > 0 && this.waiting.size === 0) this.lineAt = 0;
    const inOrder = [...this.waiting].sort(([, a], [, b]) => a - b);
    const next = inOrder.slice(0, Math.max(0, most)).map(([process]) => process);
    for (const process of next) this.waiting.delete(process);
    return next;
  }

  /** Milliseconds until the next turn; each later than the one before by the time in which a slot is freed. */
  turn(now: number, limit: number, leastMs: number, mostMs: number): number {
    const at = Math.max(this.lineAt, now + leastMs);
    if (at - now > mostMs) return mostMs;
    this.lineAt = at + this.meanMs / limit / 2;
    this.usedAt = this.lineAt;
    return Math.ceil(at - now);
  }

  isUnused(now: number): boolean {
    return this.count(now) === 0 && this.usedAt + UNUSED_KEPT_MS < now;
  }
}
