import type { Clock } from '../../kernel/clock.js';
import {
  LEAST_TURN_MS,
  MOST_TURN_MS,
  SLOT_KEPT_MS,
  type HeldTicket,
  type LimitAnswer,
  type LimitRequest,
  type LimitResource,
  type LimitRule,
  type LimitStore,
  type LimitValue,
  type Room,
  type RoomListener,
  type SlotRule,
  type TicketEnd,
} from '../../ports/store-limits.js';
import type { Answer } from './answer.js';
import { Rate } from './rate.js';
import { Slots } from './slots.js';

/** What the stores of one process share about limits. */
export interface LimitGround {
  readonly slots: Map<string, Slots>;
  readonly rates: Map<string, Rate>;
  readonly configured: Map<string, LimitValue>;
  /** By process. */
  readonly listeners: Map<string, Set<RoomListener>>;
}

export function newLimitGround(): LimitGround {
  return { slots: new Map(), rates: new Map(), configured: new Map(), listeners: new Map() };
}

/** Slots and rates that a call looks at to free the memory of those that nobody uses any more. */
const SWEPT_AT_ONCE = 10;

export class MemoryLimits implements LimitStore {
  constructor(
    private readonly ground: LimitGround,
    private readonly clock: Clock,
    private readonly answer: Answer,
  ) {}

  take(requests: readonly LimitRequest[]): Promise<LimitAnswer[]> {
    return this.answer(() => requests.map((request) => this.takeOne(request)));
  }

  release(ends: readonly TicketEnd[]): Promise<void> {
    return this.answer(() => {
      for (const { ticket, slots, heldMs } of ends) {
        for (const rule of slots) {
          this.slotsOf(rule).release(ticket, heldMs);
          this.wake(rule);
        }
      }
    });
  }

  renew(tickets: readonly HeldTicket[], leaseMs: number): Promise<void> {
    return this.answer(() => {
      const untilMs = this.clock.now() + leaseMs;
      for (const { ticket, slots } of tickets) {
        for (const rule of slots) this.slotsOf(rule).hold(ticket, untilMs);
      }
    });
  }

  postpone(rule: SlotRule): Promise<number> {
    return this.answer(() => {
      const { limit } = this.effective(rule);
      return this.slotsOf(rule).turn(this.clock.now(), limit, LEAST_TURN_MS, MOST_TURN_MS);
    });
  }

  holdRates(rates: readonly LimitResource[], forMs: number): Promise<void> {
    return this.answer(() => {
      for (const resource of rates) this.rateOf(resource).hold(this.clock.now() + forMs);
    });
  }

  configure(name: string, limit: LimitValue | undefined): Promise<void> {
    return this.answer(() => {
      if (limit) this.ground.configured.set(name, limit);
      else this.ground.configured.delete(name);
      for (const process of this.ground.listeners.keys()) this.tell(process, { name, key: undefined });
    });
  }

  configured(): Promise<ReadonlyMap<string, LimitValue>> {
    return this.answer(() => new Map(this.ground.configured));
  }

  listen(process: string, onRoom: RoomListener): Promise<() => void> {
    return this.answer(() => {
      const { listeners } = this.ground;
      const own = (room: Room): void => onRoom(room);
      listeners.set(process, (listeners.get(process) ?? new Set()).add(own));
      return () => {
        listeners.get(process)?.delete(own);
        if (listeners.get(process)?.size !== 0) return;
        listeners.delete(process);
        // What it would be told is for those that still hear it.
        for (const slots of this.ground.slots.values()) slots.forget(process);
      };
    });
  }

  private takeOne({
    ticket,
    job,
    process,
    waitedMs,
    holdMs,
    leaseMs,
    isPaid,
    rules,
  }: LimitRequest): LimitAnswer {
    const now = this.clock.now();
    this.sweep(now);
    for (const [index, said] of rules.entries()) {
      if (said.kind !== 'slots') continue;
      const slots = this.slotsOf(said);
      if (slots.has(ticket, now) || slots.count(now) < this.effective(said).limit) continue;
      slots.wait(process, now - waitedMs);
      return { kind: 'full', rule: index };
    }
    const rates = rules.flatMap((said, index) => {
      if (isPaid || said.kind !== 'rate') return [];
      const rule = this.effective(said);
      const rate = this.rateOf(said);
      const nearMs = holdMs * (rate.hasTurn(job) ? 2 : 1);
      return [{ index, rule, rate, startAt: rate.startAt(now, rule), nearMs }];
    });
    const [last] = rates
      .filter(({ startAt, nearMs }) => startAt - now > nearMs)
      .sort((a, b) => b.startAt - a.startAt);
    if (last) return { kind: 'later', rule: last.index, delayMs: last.rate.turn(job, now, last.rule) };
    const startAt = Math.max(now, ...rates.map((one) => one.startAt));
    for (const { rate, rule } of rates) rate.spend(job, startAt, rule);
    const startInMs = Math.ceil(startAt - now);
    const slots = rules.filter((rule) => rule.kind === 'slots');
    if (slots.length > 0 && startInMs > SLOT_KEPT_MS) return { kind: 'paid', startInMs };
    for (const rule of slots) this.slotsOf(rule).hold(ticket, now + leaseMs);
    return { kind: 'in', startInMs };
  }

  private wake(rule: SlotRule): void {
    const slots = this.slotsOf(rule);
    const room = this.effective(rule).limit - slots.count(this.clock.now());
    for (const process of slots.nextProcesses(room)) this.tell(process, { name: rule.name, key: rule.key });
  }

  private tell(process: string, room: Room): void {
    for (const listener of this.ground.listeners.get(process) ?? []) queueMicrotask(() => listener(room));
  }

  /** With what `configure` said. */
  private effective<Rule extends LimitRule>(rule: Rule): Rule {
    const said = this.ground.configured.get(rule.name);
    return said?.kind === rule.kind ? { ...rule, ...said } : rule;
  }

  private slotsOf(resource: LimitResource): Slots {
    return made(this.ground.slots, resource, () => new Slots());
  }

  private rateOf(resource: LimitResource): Rate {
    return made(this.ground.rates, resource, () => new Rate());
  }

  private sweep(now: number): void {
    sweep(this.ground.slots, now);
    sweep(this.ground.rates, now);
  }
}

/** Looks at the oldest, and puts those that are in use behind the others, so that each has its turn. */
function sweep<Used extends { isUnused(now: number): boolean }>(book: Map<string, Used>, now: number): void {
  let left = Math.min(SWEPT_AT_ONCE, book.size);
  for (const [id, one] of book) {
    if (left <= 0) return;
    left -= 1;
    book.delete(id);
    if (!one.isUnused(now)) book.set(id, one);
  }
}

function made<T>(book: Map<string, T>, { name, key }: LimitResource, make: () => T): T {
  const id = `${name}\0${key}`;
  let one = book.get(id);
  if (!one) book.set(id, (one = make()));
  return one;
}
