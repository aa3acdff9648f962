import { describeError } from '../../kernel/errors/index.js';
import type { Clock } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
import type { Random } from '../../kernel/random.js';
import type { JobLimits } from '../../ports/job-limits.js';
import type { LimitAnswer, LimitResource, Room, SlotRule } from '../../ports/store-limits.js';
import { LEASE_MS, Leases } from './leases.js';
import { Line } from './line.js';
import type { StoreOutage } from './store-outage.js';
import { Waiter, type StopReason, type Wish } from './waiter.js';

export interface LimitGateParts {
  readonly limits: JobLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly detached: Detached;
  readonly outage: StoreOutage;
  /** The store tells this name of free slots. */
  readonly process: string;
}

/** The line of those that wait for the store itself. */
const STORE = 'store';
/** A job that waited for a store in vain comes back after this time, and up to as much again. */
const STORE_AWAY_MS = 5_000;
/** Emptied lines whose news are passed on to other processes. */
const MOST_LEFT = 1_000;

/**
 * Where jobs of this process wait for limits. One that finds no room stands in line behind those of its process that wait
 * for the same; the first in line asks the store again when that tells of room. So a job costs three calls of the
 * store at most while others wait, whatever the number of those and of their processes.
 */
export class LimitGate {
  readonly leases: Leases;
  private readonly lines = new Map<string, Line>();
  /** Rules of lines that are empty now: the store may still tell this process of their room. */
  private readonly left = new Map<string, SlotRule>();
  /** What was told of resources without a line while calls were on their way. */
  private readonly missed = new Set<string>();
  private asking = 0;
  private listening: Promise<() => void> | undefined;

  constructor(private readonly parts: LimitGateParts) {
    this.leases = new Leases(parts.limits, parts.clock);
  }

  enter(wish: Wish): Waiter {
    const waiter = new Waiter(wish, this.parts.clock);
    this.join(waiter);
    return waiter;
  }

  /** It does not want to start any more. */
  stop(waiter: Waiter, why: StopReason): void {
    if (waiter.isOver) return;
    this.leave(waiter);
    if (waiter.isIn) this.leases.release(waiter.ticket);
    waiter.end({ kind: 'stopped', why });
  }

  /** Limits have changed: everybody looks again. */
  advanceAll(): void {
    for (const line of [...this.lines.values()]) void line.advance();
  }

  /** Nothing waits here any more: a store that goes on without this process forgets it. */
  unlisten(): void {
    const { listening } = this;
    this.listening = undefined;
    // One that never began has nothing to end.
    listening?.then((stop) => stop()).catch(() => undefined);
  }

  private join(waiter: Waiter): void {
    const line = this.lineBefore(waiter);
    if (line) this.waitIn(line, waiter);
    else void this.tryOne(waiter);
  }

  private lineBefore({ slots, wish }: Waiter): Line | undefined {
    if (wish.onStoreDown === 'wait' && this.lines.has(STORE)) return this.lines.get(STORE);
    for (const rule of slots) {
      const line = this.lines.get(idOf(rule));
      if (line) return line;
    }
    return undefined;
  }

  private async tryOne(waiter: Waiter): Promise<void> {
    const { limits, process, outage } = this.parts;
    waiter.isTrying = true;
    this.asking += 1;
    let answer: LimitAnswer | undefined;
    try {
      answer = await limits.take(waiter.request(process, LEASE_MS));
      outage.over();
    } catch (error) {
      outage.begins(describeError(error));
    }
    waiter.isTrying = false;
    this.asking -= 1;
    if (!answer) this.storeAway(waiter);
    else if (waiter.isOver) this.unwanted(waiter, answer);
    else await this.answered(waiter, answer);
    if (this.asking === 0) this.passMissed();
  }

  private async answered(waiter: Waiter, answer: LimitAnswer): Promise<void> {
    switch (answer.kind) {
      case 'in':
        this.leave(waiter);
        waiter.isIn = true;
        this.leases.add(waiter.ticket, waiter.slots);
        waiter.after(answer.startInMs, () => waiter.end({ kind: 'in', slots: waiter.slots }));
        return;
      case 'paid':
        this.leave(waiter);
        waiter.paid(answer.startInMs, () => this.join(waiter));
        return;
      case 'later': {
        const { name } = waiter.wish.rules[answer.rule]!;
        this.leave(waiter);
        waiter.end({ kind: 'later', delayMs: answer.delayMs, reason: `its turn by ${name}` });
        return;
      }
      case 'full':
        return this.full(waiter, waiter.wish.rules[answer.rule] as SlotRule);
    }
  }

  private async full(waiter: Waiter, rule: SlotRule): Promise<void> {
    const id = idOf(rule);
    const line = this.lineOf(id, rule);
    if (!line.has(waiter)) {
      this.leave(waiter);
      this.waitIn(line, waiter);
    }
    if (waiter.isExpired) await this.postpone(waiter, rule);
    else waiter.limitHold(() => this.expired(waiter));
    this.listen();
    // It was told while the answer was on its way.
    if (this.missed.delete(id)) void line.advance();
  }

  private expired(waiter: Waiter): void {
    waiter.isExpired = true;
    if (waiter.isTrying) return;
    const rule = waiter.slots.find((one) => this.lines.get(idOf(one))?.has(waiter));
    if (rule) void this.postpone(waiter, rule);
    else this.comeBack(waiter);
  }

  /** It has waited here for long enough: its turn is asked for, and it goes back to the broker until then. */
  private async postpone(waiter: Waiter, rule: SlotRule): Promise<void> {
    this.leave(waiter);
    try {
      const delayMs = await this.parts.limits.postpone(rule);
      waiter.end({ kind: 'later', delayMs, reason: `no room by ${rule.name}` });
    } catch {
      this.comeBack(waiter);
    }
  }

  private storeAway(waiter: Waiter): void {
    const { outage } = this.parts;
    if (waiter.isOver) return this.leave(waiter);
    waiter.changeTicket();
    if (waiter.wish.onStoreDown === 'allow') {
      this.leave(waiter);
      outage.letIn();
      waiter.end({ kind: 'in', slots: [] });
      return;
    }
    if (waiter.isExpired) return this.comeBack(waiter);
    const line = this.lineOf(STORE, undefined);
    if (!line.has(waiter)) {
      this.leave(waiter);
      this.waitIn(line, waiter);
    }
    waiter.limitHold(() => this.expired(waiter));
  }

  private comeBack(waiter: Waiter): void {
    this.leave(waiter);
    this.parts.outage.putOff();
    const delayMs = Math.round(STORE_AWAY_MS * (1 + this.parts.random.next()));
    waiter.end({ kind: 'later', delayMs, reason: 'the job store, which knows its limits, is out of reach' });
  }

  /** The wait was given up while the store was asked. */
  private unwanted(waiter: Waiter, { kind }: LimitAnswer): void {
    if (kind === 'in') this.leases.giveBack(waiter.ticket, waiter.slots);
  }

  private waitIn(line: Line, waiter: Waiter): void {
    line.add(waiter);
    waiter.limitHold(() => this.expired(waiter));
  }

  private leave(waiter: Waiter): void {
    for (const line of [...this.lines.values()]) line.remove(waiter);
  }

  private lineOf(id: string, rule: SlotRule | undefined): Line {
    const known = this.lines.get(id);
    if (known) return known;
    const { clock, random, detached } = this.parts;
    const line = detached(
      () =>
        new Line({
          clock,
          random,
          tryOne: (waiter) => this.tryOne(waiter),
          onEmpty: () => this.emptied(id, rule),
        }),
    );
    this.lines.set(id, line);
    return line;
  }

  private emptied(id: string, rule: SlotRule | undefined): void {
    this.lines.delete(id);
    if (!rule) return;
    this.left.delete(id);
    this.left.set(id, rule);
    if (this.left.size > MOST_LEFT) this.left.delete(this.left.keys().next().value!);
  }

  /** Until the store takes it, lines look by themselves. */
  private listen(): void {
    if (this.listening) return;
    const { limits, process, detached } = this.parts;
    this.listening = detached(() => limits.listen(process, (room) => this.heard(room)));
    this.listening.then(
      () => this.advanceAll(),
      () => (this.listening = undefined),
    );
  }

  private heard({ name, key }: Room): void {
    if (name === undefined) return this.advanceAll();
    if (key === undefined) {
      for (const [id, line] of [...this.lines]) if (id.startsWith(`${name}\0`)) void line.advance();
      return;
    }
    const id = idOf({ name, key });
    const line = this.lines.get(id);
    if (line) void line.advance();
    else if (this.asking > 0) this.missed.add(id);
    else this.pass(id);
  }

  private passMissed(): void {
    for (const id of this.missed) this.pass(id);
    this.missed.clear();
  }

  /** Nobody here wants the free slot of which this process was told: another one is told of it. */
  private pass(id: string): void {
    const rule = this.left.get(id);
    if (rule) void this.parts.limits.release({ ticket: '', slots: [rule], heldMs: 0 });
  }
}

function idOf({ name, key }: LimitResource): string {
  return `${name}\0${key}`;
}
