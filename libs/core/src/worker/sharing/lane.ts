import type { Clock } from '../../kernel/clock.js';
import { isFull, type HandlerCap } from './handler-caps.js';
import type { LaneQueue, Slots } from './parts.js';
import { forgive, type Weighed } from './weighing.js';

/** Whose deliveries they are. */
export interface LaneOwner<Entry> {
  /** Of its handler in this process; undefined: none. */
  capOf(entry: Entry): HandlerCap | undefined;
  /** A slot is the entry's, until `Lane.left`. */
  run(entry: Entry): void;
  /** It has waited for long enough, and may run elsewhere. It comes again after that delay at the soonest. */
  putBack(entry: Entry, delayMs: number): void;
  /** What is wanted has changed: `isResting`, `prefetch`. Resolves when the broker knows. Never rejects. */
  follow(): Promise<void>;
}

interface Waiting<Entry> {
  readonly entry: Entry;
  readonly cap: HandlerCap | undefined;
  /** By `Clock.elapsed`. */
  readonly since: number;
}

/**
 * How long a lane whose broker had more a moment ago is waited for, when it is its turn: a round trip, and acks that go
 * out together. Without that, a queue whose next jobs are on their way would lose its turn to one that needs no slot
 * ("deceptive idleness": Iyer and Druschel, Anticipatory scheduling, SOSP 2001).
 */
const NEXT_WITHIN_MS = 200;

/** How long one that begins is waited for. */
const BEGUN_WITHIN_MS = 1_000;

/** Put back because of its handler alone: those behind it come first. */
const CAPPED_DELAY_MS = 1_000;

/** Through the delays a job enters a full queue once there is room. */
const LEAST_DELAY_MS = 1;

/** AMQP's prefetch is a 16-bit number. */
const MOST_PREFETCH = 65_535;

/**
 * The deliveries of one consumer, which wait here for a slot. closed -> taking <-> resting: a lane whose deliveries wait
 * for too long puts them back and takes nothing, until a slot is free for it.
 */
export class Lane<Entry = unknown> implements Weighed {
  credit = 0;
  private readonly waiting: Array<Waiting<Entry>> = [];
  private inHand = 0;
  private lastGrantAt = -Infinity;
  private grants = 0;
  private resting = false;
  private isOpen = false;
  /** Its broker had more than it could take, when it was seen last. */
  private hadMore = false;
  /** By `Clock.elapsed`: until about then it counts as one with work. Undefined: it does not, unless it has some. */
  private expects: number | undefined;
  /** It has rested: jobs are long here, and what is taken ahead of slots would only wait. */
  private isSlow = false;

  constructor(
    /** The higher the sooner, within its group. */
    readonly level: number,
    readonly weight: number,
    private readonly group: LaneQueue,
    private readonly share: Slots,
    private readonly owner: LaneOwner<Entry>,
    private readonly clock: Clock,
  ) {}

  /** It takes nothing for the moment. */
  get isResting(): boolean {
    return this.resting;
  }

  /** Something waits that may run as soon as it gets a slot. */
  get hasReady(): boolean {
    return this.firstReady() >= 0;
  }

  /** It needs to be looked at by the clock. */
  get isRestless(): boolean {
    return this.isOpen && (this.waiting.length > 0 || this.resting || this.isSlow);
  }

  /**
   * Enough to fill all slots that it may have; and, behind short jobs, as many again, so that the next are here when
   * those end.
   */
  get prefetch(): number {
    const slots = Math.min(this.group.cap, this.share.slots);
    return Math.min(this.isSlow ? slots : 2 * slots, MOST_PREFETCH);
  }

  /** Whether it would use a slot now, or is about to. */
  get wants(): boolean {
    return this.expects !== undefined || this.hasReady;
  }

  /** Until when something is expected to come. */
  get expectsUntil(): number | undefined {
    return this.expects;
  }

  resize(cap: number): void {
    this.group.resize(cap);
  }

  /** Its consumer begins; call what it returns when it has begun, or failed to: then nothing is to come. */
  begins(): (hasBegun: boolean) => void {
    this.isOpen = true;
    this.expect(BEGUN_WITHIN_MS);
    return (hasBegun) => {
      if (!hasBegun) this.expects = undefined;
      else if (this.isOpen) this.expect(NEXT_WITHIN_MS);
      this.share.look();
    };
  }

  /** Its consumer ends, and not to rest: it was paused, or is over. What waits is put back. */
  ends(): void {
    this.isOpen = false;
    this.resting = false;
    this.expects = undefined;
    this.putAllBack();
    this.share.look();
  }

  take(entry: Entry): void {
    if (!this.wants) this.beginsAnew();
    this.inHand += 1;
    this.hadMore ||= this.inHand >= this.prefetch;
    this.waiting.push({ entry, cap: this.owner.capOf(entry), since: this.clock.elapsed() });
    this.share.look();
  }

  /** Some are gone before they got a slot. */
  drop(isGone: (entry: Entry) => boolean): readonly Entry[] {
    return this.takeOut(({ entry }) => isGone(entry));
  }

  /** One that ran is settled. */
  left(): void {
    this.inHand -= 1;
    this.group.left();
    this.share.left();
  }

  /** For the share: a slot for the one that has waited longest. */
  grant(): void {
    const [{ entry }] = this.waiting.splice(this.firstReady(), 1) as [Waiting<Entry>];
    this.lastGrantAt = this.clock.elapsed();
    this.grants += 1;
    if (this.hadMore && this.waiting.length === 0) this.expect(NEXT_WITHIN_MS);
    this.group.entered();
    this.owner.run(entry);
  }

  /** For the share: what was expected until now does not come. */
  lapse(now: number): void {
    if (this.expects !== undefined && this.expects <= now) this.expects = undefined;
  }

  /** For the share: whether what waits has had no chance for so long. */
  isStuck(now: number, patienceMs: number, longestMs: number): boolean {
    const [first] = this.waiting;
    if (!first || this.resting) return false;
    const waitedMs = now - first.since;
    return waitedMs >= longestMs || (waitedMs >= patienceMs && now - this.lastGrantAt >= patienceMs);
  }

  /** For the share. */
  rest(): void {
    this.resting = true;
    this.isSlow = true;
    this.expects = undefined;
    this.putAllBack();
    void this.owner.follow();
  }

  /** For the share: a slot may be its own. */
  wake(): void {
    this.resting = false;
    this.expect(BEGUN_WITHIN_MS);
    void this.owner.follow();
  }

  /** For the share, now and then: jobs that turned out to be short, or that are over, need room again. */
  quicken(isQuick: (grants: number) => boolean): void {
    const { grants } = this;
    this.grants = 0;
    if (!this.isSlow || this.resting || !this.isOpen) return;
    if (this.inHand > 0 && !isQuick(grants)) return;
    this.isSlow = false;
    void this.owner.follow();
  }

  /** For the share: what waits since then for room by its handler makes room for jobs of others, where there is none. */
  putCappedBack(since: number): void {
    if (this.inHand < this.prefetch) return;
    const capped = this.takeOut((one) => one.cap !== undefined && isFull(one.cap) && one.since <= since);
    for (const entry of capped) this.owner.putBack(entry, CAPPED_DELAY_MS);
  }

  /** It was idle: what it was owed is forgotten. */
  private beginsAnew(): void {
    this.hadMore = false;
    forgive(this);
    if (!this.group.isBusy) forgive(this.group);
  }

  private expect(withinMs: number): void {
    this.expects = this.clock.elapsed() + withinMs;
  }

  private firstReady(): number {
    return this.waiting.findIndex(({ cap }) => cap === undefined || !isFull(cap));
  }

  private putAllBack(): void {
    for (const entry of this.takeOut(() => true)) this.owner.putBack(entry, LEAST_DELAY_MS);
  }

  private takeOut(isMeant: (one: Waiting<Entry>) => boolean): readonly Entry[] {
    const out = this.waiting.filter(isMeant);
    if (out.length === 0) return [];
    const kept = this.waiting.filter((one) => !out.includes(one));
    this.waiting.splice(0, this.waiting.length, ...kept);
    this.inHand -= out.length;
    return out.map(({ entry }) => entry);
  }
}
