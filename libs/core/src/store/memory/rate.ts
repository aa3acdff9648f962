import { FURTHEST_TURN_MS, type RateLimit } from '../../ports/store-limits.js';

/**
 * The rate of one key of a rule: GCRA (ITU-T I.371) with a line of turns behind it. `theoreticalAt` moves with each
 * start; `lineAt` with each turn given to a job that comes later.
 */
export class Rate {
  private theoreticalAt = 0;
  private lastStartAt = 0;
  private lineAt = 0;
  private heldUntil = 0;
  private shape: RateLimit | undefined;
  /** Job -> its turn. */
  private readonly turns = new Map<string, number>();

  /** The first instant at which another may start. */
  startAt(now: number, rule: RateLimit): number {
    this.follow(rule);
    return Math.max(now, this.theoreticalAt - (rule.burst - 1) * intervalOf(rule), this.heldUntil);
  }

  hasTurn(job: string): boolean {
    return this.turns.has(job);
  }

  spend(job: string, startAt: number, rule: RateLimit): void {
    this.theoreticalAt = Math.max(startAt, this.theoreticalAt) + intervalOf(rule);
    this.lastStartAt = startAt;
    this.turns.delete(job);
  }

  /** Milliseconds until its turn. */
  turn(job: string, now: number, rule: RateLimit): number {
    for (const [id, at] of this.turns) if (at < now - FURTHEST_TURN_MS) this.turns.delete(id);
    const at = Math.max(this.lineAt, this.startAt(now, rule));
    if (at - now > FURTHEST_TURN_MS) return FURTHEST_TURN_MS;
    this.lineAt = at + intervalOf(rule);
    this.turns.set(job, at);
    return Math.ceil(at - now);
  }

  hold(untilAt: number): void {
    this.heldUntil = Math.max(this.heldUntil, untilAt);
  }

  isUnused(now: number): boolean {
    return Math.max(this.theoreticalAt, this.lineAt, this.heldUntil) + FURTHEST_TURN_MS < now;
  }

  /** A changed limit holds from the next start on: nobody waits for what the old one would have let in. */
  private follow(rule: RateLimit): void {
    const { shape } = this;
    if (shape && (shape.max !== rule.max || shape.perMs !== rule.perMs || shape.burst !== rule.burst)) {
      const filled = this.lastStartAt + rule.burst * intervalOf(rule);
      this.theoreticalAt = Math.min(this.theoreticalAt, filled);
      this.lineAt = 0;
    }
    this.shape = rule;
  }
}

function intervalOf({ perMs, max }: RateLimit): number {
  return perMs / max;
}
