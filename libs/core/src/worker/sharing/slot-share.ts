import type { Clock, Timer } from '../../kernel/clock.js';
import type { Lane } from './lane.js';
import type { LaneGroup } from './lane-group.js';
import type { Slots } from './parts.js';
import { charge, nextOf } from './weighing.js';

/** How often lanes are looked at whose deliveries wait. */
const LOOK_EVERY_MS = 1_000;

/** A delivery of a lane that got no slot for so long goes back: another worker may be free. */
const PATIENCE_MS = 1_000;

/** Also in a lane that moves, well below the time after which RabbitMQ takes a delivery back (30 min). */
const LONGEST_WAIT_MS = 60_000;

/** Starts in a second, for each slot: jobs that let so many start are short. */
const QUICK = 4;

/**
 * A budget of slots, shared by the queues of a worker by weight, and by the levels of a queue by its policy. Each delivery
 * waits in its lane until a slot is its own. A slot stays free only while the lane whose turn it is expects its next
 * delivery, which it does for a moment after its broker had more than it could take.
 */
export class SlotShare implements Slots {
  private readonly groups: LaneGroup[] = [];
  private known: readonly Lane[] | undefined;
  private taken = 0;
  private isLooking = false;
  private patience: Timer | undefined;
  private expectation: Timer | undefined;
  /** When that looks. */
  private expectedAt = Infinity;

  constructor(
    private slotsNow: number,
    private readonly clock: Clock,
  ) {}

  get slots(): number {
    return this.slotsNow;
  }

  add(group: LaneGroup): void {
    this.groups.push(group);
    this.known = undefined;
  }

  resize(slots: number): void {
    this.slotsNow = slots;
    this.look();
  }

  left(): void {
    this.taken -= 1;
    this.look();
  }

  /** Hands out what is free. */
  look(): void {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      while (this.taken < this.slotsNow && this.grantOne()) continue;
    } finally {
      this.isLooking = false;
    }
    this.armPatience();
    this.armExpectation();
  }

  /** False: nobody wants a slot, or the one whose turn it is has to be waited for. */
  private grantOne(): boolean {
    if (this.lanes.some(({ isResting }) => isResting)) this.wake();
    const wanting = this.groups.filter(({ wants }) => wants);
    const group = nextOf(wanting);
    const lane = group?.next();
    if (!group || !lane?.hasReady) return false;
    charge(wanting, group);
    group.charge(lane);
    this.taken += 1;
    lane.grant();
    return true;
  }

  /** Lanes that rest, and that a free slot may be for. */
  private wake(): void {
    const best = nextOf(this.groups.filter(({ wants }) => wants))?.next();
    for (const group of this.groups) {
      if (!group.hasRoom) continue;
      for (const lane of group.lanes) {
        if (!lane.isResting) continue;
        const isBehind = best && group.lanes.includes(best) && !group.comesBefore(lane, best);
        if (!isBehind) lane.wake();
      }
    }
  }

  /** All are there before the first begins. */
  private get lanes(): readonly Lane[] {
    return (this.known ??= this.groups.flatMap(({ lanes }) => lanes));
  }

  private armExpectation(): void {
    const next = Math.min(...this.lanes.map(({ expectsUntil = Infinity }) => expectsUntil));
    if (next === this.expectedAt) return;
    this.expectation?.cancel();
    this.expectedAt = next;
    if (next === Infinity) return;
    this.expectation = this.clock.setTimer(next - this.clock.elapsed(), () => {
      // What came while the event loop was blocked comes first: timers go before sockets.
      this.expectation = this.clock.setTimer(0, () => this.lapse());
    });
  }

  private lapse(): void {
    this.expectedAt = Infinity;
    const now = this.clock.elapsed();
    for (const lane of this.lanes) lane.lapse(now);
    this.look();
  }

  private armPatience(): void {
    if (this.lanes.some(({ isRestless }) => isRestless)) {
      this.patience ??= this.clock.setTimer(LOOK_EVERY_MS, () => this.lookAround());
    } else {
      this.patience?.cancel();
      this.patience = undefined;
    }
  }

  private lookAround(): void {
    this.patience = undefined;
    const now = this.clock.elapsed();
    const isQuick = (grants: number) => grants >= QUICK * this.slotsNow;
    for (const lane of this.lanes) {
      lane.putCappedBack(now - PATIENCE_MS);
      if (lane.isStuck(now, PATIENCE_MS, LONGEST_WAIT_MS)) lane.rest();
      lane.quicken(isQuick);
    }
    this.look();
  }
}
