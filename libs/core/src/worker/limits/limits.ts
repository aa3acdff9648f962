import type { Envelope } from '../../job/envelope.js';
import type { JobOutcome } from '../../job/outcome.js';
import type { LimitScope } from '../../job/limit-names.js';
import { describeError } from '../../kernel/errors/index.js';
import type { IdSource } from '../../kernel/ids.js';
import type { Logger } from '../../kernel/logger.js';
import type { JobLimits } from '../../ports/job-limits.js';
import type { CompiledHandler } from '../routes.js';
import { refusalOf, type LimitAdmission, type LimitWait } from './admission.js';
import type { LimitGate } from './limit-gate.js';
import type { LimitPatch, LimitTable } from './limit-table.js';
import { rulesFor, type RuleSet, type ScopedRule } from './rules.js';

/** What is said at run time of one queue, or of one handler. */
export interface LimitOverride {
  readonly scope: LimitScope;
  readonly patch: LimitPatch;
}

export interface WorkerLimitsParts {
  readonly table: LimitTable;
  readonly gate: LimitGate;
  readonly limits: JobLimits;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly placesOf: (queue: string) => Places;
}

/** Deliveries of a queue that this process holds at once. */
export interface Places {
  readonly count: number;
  /** Queues, or levels of a queue, that have the same places between them; undefined: they are the queue's alone. */
  readonly shared: string | undefined;
}

/** Longest wait of a delivery for limits that all jobs of its queue have. */
const WIDE_HOLD_MS = 10_000;
/** And for limits that some of them have: those behind it could run. */
const NARROW_HOLD_MS = 5_000;
/** Where half of the places wait for such limits already, the others are for jobs that can run. */
const CROWDED_HOLD_MS = 0;

/** Limits over all workers, as this process keeps them. */
export class WorkerLimits {
  /** By queue, or by what shares its places: deliveries that wait for limits that not all jobs there have. */
  private readonly narrow = new Map<string, number>();
  private readonly told = new Set<string>();
  /** By their scope. */
  private followed: ReadonlyMap<string, LimitOverride> = new Map();

  constructor(private readonly parts: WorkerLimitsParts) {}

  /** Undefined: the job has none, which is nearly always so. */
  rulesOf(queue: string, handler: CompiledHandler | undefined): RuleSet | undefined {
    return this.parts.table.of(queue, handler);
  }

  /** All that is said at run time, in the place of what was said before. */
  follow(overrides: readonly LimitOverride[]): void {
    const before = this.followed;
    this.followed = new Map(overrides.map((override) => [JSON.stringify(override.scope), override]));
    for (const [id, { scope }] of before) if (!this.followed.has(id)) this.configure(scope, undefined);
    for (const [id, { scope, patch }] of this.followed) {
      if (JSON.stringify(before.get(id)?.patch) !== JSON.stringify(patch)) this.configure(scope, patch);
    }
  }

  /** Resolves when the job may start, or is not to start now. `onWait` gets the way to end the wait. */
  async enter(
    { rules: all, onStoreDown }: RuleSet,
    { id, queue, type }: Envelope,
    payload: unknown,
    onWait: (wait: LimitWait) => void,
  ): Promise<LimitAdmission | undefined> {
    const { gate, ids } = this.parts;
    const rules = rulesFor(all, payload, (rule, error) => this.reportKey(rule, type, error));
    if (rules.length === 0) return undefined;
    const wide = new Set(all.flatMap((rule) => (rule.isWide ? rule.name : [])));
    const { count, shared } = this.parts.placesOf(queue);
    const isNarrow = shared !== undefined || rules.some(({ name }) => !wide.has(name));
    const among = shared ?? queue;
    const holdMs = isNarrow ? this.narrowHoldMs(among, count) : WIDE_HOLD_MS;
    const waiter = gate.enter({ newTicket: () => ids.token(), job: id, rules, holdMs, onStoreDown });
    onWait({ stop: (why) => gate.stop(waiter, why) });
    if (isNarrow) this.countNarrow(among, 1);
    const end = await waiter.over;
    if (isNarrow) this.countNarrow(among, -1);
    return {
      refusal: refusalOf(end),
      decided: (outcome) => this.decided(outcome, rules),
      leave: () => gate.leases.release(waiter.ticket),
    };
  }

  /** At the end. Resolves when the store knows of all that is free here. */
  async settled(): Promise<void> {
    this.parts.gate.unlisten();
    await this.parts.gate.leases.released();
  }

  /** Limits said at run time, in the place of the code's; undefined: those of the code. At once for all that wait here. */
  private configure(scope: LimitScope, patch: LimitPatch | undefined): void {
    this.parts.table.configure(scope, patch);
    this.parts.gate.advanceAll();
  }

  private decided(outcome: JobOutcome, rules: ReturnType<typeof rulesFor>): void {
    if (outcome.kind !== 'snoozed' || outcome.holdRate !== true) return;
    const rates = rules.filter(({ kind }) => kind === 'rate');
    if (rates.length > 0) void this.parts.limits.holdRates(rates, outcome.delayMs);
  }

  private narrowHoldMs(among: string, places: number): number {
    const waiting = this.narrow.get(among) ?? 0;
    return waiting < Math.floor(places / 2) ? NARROW_HOLD_MS : CROWDED_HOLD_MS;
  }

  private countNarrow(among: string, more: number): void {
    this.narrow.set(among, (this.narrow.get(among) ?? 0) + more);
  }

  private reportKey({ name }: ScopedRule, type: string, error: unknown): void {
    // Once for each rule: it would come with every job.
    if (this.told.has(name)) return;
    this.told.add(name);
    const { name: kind, message } = describeError(error);
    this.parts.logger.error(
      `The key function of ${name} failed for a job of type '${type}': ${kind}: ${message}. Jobs whose key cannot be made count together, under one key. Mend the function.`,
    );
  }
}
