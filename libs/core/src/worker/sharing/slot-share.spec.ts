import type { PriorityPolicy } from '../../job/priority.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { HandlerCaps, type HandlerCap } from './handler-caps.js';
import { Lane, type LaneOwner } from './lane.js';
import { LaneGroup } from './lane-group.js';
import { SlotShare } from './slot-share.js';

let clock: ManualClock;
let share: SlotShare;
/** In the order of their starts. */
let ran: string[];
let lines: Line[];

const STRICT: PriorityPolicy = 'strict';

/** A consumer, and what the broker has for it. Jobs run until the test ends them. */
class Line implements LaneOwner<string> {
  readonly lane: Lane<string>;
  readonly running: string[] = [];
  readonly putBacks: Array<{ readonly entry: string; readonly delayMs: number }> = [];
  backlog = 0;
  caps: HandlerCaps | undefined;
  private inHand = 0;
  private prefetch = 0;
  private isAttached = false;

  constructor(
    private readonly name: string,
    level: number,
    weight: number,
    group: LaneGroup,
  ) {
    this.lane = new Lane<string>(level, weight, group, share, this, clock);
    group.lanes.push(this.lane);
    lines.push(this);
  }

  begin(): void {
    const begun = this.lane.begins();
    this.isAttached = true;
    this.prefetch = this.lane.prefetch;
    begun(true);
  }

  /** What the broker hands out at this moment. */
  deliver(): void {
    while (this.isAttached && this.backlog > 0 && this.inHand < this.prefetch) {
      this.backlog -= 1;
      this.inHand += 1;
      this.lane.take(this.name);
    }
  }

  end(): void {
    this.running.shift();
    const cap = this.capOf();
    if (cap) this.caps!.left(cap);
    this.inHand -= 1;
    this.lane.left();
  }

  capOf(): HandlerCap | undefined {
    return this.caps?.of(this.name);
  }

  run(entry: string): void {
    const cap = this.capOf();
    if (cap) this.caps!.entered(cap);
    this.running.push(entry);
    ran.push(entry);
  }

  putBack(entry: string, delayMs: number): void {
    this.inHand -= 1;
    this.backlog += 1;
    this.putBacks.push({ entry, delayMs });
  }

  follow(): Promise<void> {
    if (this.lane.isResting) this.isAttached = false;
    else if (!this.isAttached || this.prefetch !== this.lane.prefetch) this.begin();
    return Promise.resolve();
  }
}

/** Lines of one queue, the highest level first. */
function queue(names: string, { weight = 1, cap = 100, policy = STRICT, isAlone = false } = {}) {
  const group = new LaneGroup(weight, policy, cap, share, isAlone);
  share.add(group);
  return [...names].map((name, index) => {
    const level = names.length - 1 - index;
    return new Line(name, level, 3 ** level, group);
  });
}

/** The queue's own name for one with a single line. */
function single(name: string, options: { weight?: number; cap?: number } = {}): Line {
  return queue(name, options)[0]!;
}

async function begin(): Promise<void> {
  for (const line of lines) line.begin();
  for (const line of lines) line.deliver();
  await clock.advance(200);
}

/** All that run end, and the broker hands out more. */
function round(): void {
  for (const line of lines) while (line.running.length > 0) line.end();
  for (const line of lines) line.deliver();
}

const count = (name: string): number => ran.filter((one) => one === name).length;

beforeEach(() => {
  clock = new ManualClock();
  ran = [];
  lines = [];
  share = new SlotShare(10, clock);
});

describe('slots shared by weight', () => {
  it('go 10 to 1 while both queues have jobs, however short these are', async () => {
    const [a, b] = [single('a', { weight: 10 }), single('b', { weight: 1 })];
    a.backlog = 10_000;
    b.backlog = 10_000;
    await begin();
    while (a.backlog > 0) round();
    expect(count('a') / count('b')).toBeGreaterThan(9);
    expect(count('a') / count('b')).toBeLessThan(11);
  });

  it('are all for a queue that is the only one with jobs', async () => {
    const [, b] = [single('a', { weight: 10 }), single('b', { weight: 1 })];
    b.backlog = 100;
    await begin();
    expect(b.running).toHaveLength(10);
    round();
    expect(b.running).toHaveLength(10);
  });

  it('are never more than there are', async () => {
    const all = [single('a', { weight: 5 }), single('b'), single('c')];
    for (const line of all) line.backlog = 500;
    await begin();
    for (let step = 0; step < 20; step += 1) {
      expect(all.reduce((sum, { running }) => sum + running.length, 0)).toBe(10);
      round();
    }
  });

  it('are for a queue as many as its own concurrency allows', async () => {
    const [a, b] = [single('a', { cap: 3 }), single('b')];
    a.backlog = 100;
    b.backlog = 100;
    await begin();
    expect([a.running.length, b.running.length]).toEqual([3, 7]);
    a.lane.resize(8);
    round();
    expect(a.running.length).toBeGreaterThan(3);
    expect(a.running.length + b.running.length).toBe(10);
  });

  it('wait for the next jobs of a queue that had more, and not for those of one that has not', async () => {
    const [a, b] = [single('a', { weight: 10 }), single('b')];
    a.backlog = 20;
    b.backlog = 100;
    await begin();
    while (a.running.length > 0) a.end();
    expect(count('a')).toBe(20);
    // The last slots of a are free: it had as much as it could take, and may have more.
    expect(b.running.length).toBeLessThan(10);
    await clock.advance(200);
    expect(b.running).toHaveLength(10);
    a.backlog = 1;
    a.deliver();
    b.end();
    expect(a.running).toHaveLength(1);
    a.end();
    expect(b.running).toHaveLength(10);
  });
});

describe('levels of priority', () => {
  it('run in strict order, whatever came first', async () => {
    const [high, normal, low] = queue('hnl', { cap: 10, isAlone: true }) as [Line, Line, Line];
    for (const line of [high, normal, low]) line.backlog = 200;
    for (const line of [low, normal, high]) line.begin();
    for (const line of [low, normal, high]) line.deliver();
    await clock.advance(200);
    for (let step = 0; ran.length < 600 && step < 400; step += 1) {
      round();
      await clock.advance(50);
    }
    expect(ran.join('')).toBe('h'.repeat(200) + 'n'.repeat(200) + 'l'.repeat(200));
  });

  it('starve none by weight', async () => {
    const [high, normal, low] = queue('hnl', { cap: 10, policy: 'weighted', isAlone: true }) as [
      Line,
      Line,
      Line,
    ];
    for (const line of [high, normal, low]) line.backlog = 5_000;
    await begin();
    while (high.backlog > 0) round();
    expect(count('h') / count('n')).toBeCloseTo(3, 1);
    expect(count('n') / count('l')).toBeCloseTo(3, 1);
  });

  it('take a free slot for a high job that comes while low ones wait', async () => {
    const [high, low] = queue('hl', { cap: 10, isAlone: true }) as [Line, Line];
    low.backlog = 100;
    await begin();
    expect(low.running).toHaveLength(10);
    high.backlog = 1;
    high.deliver();
    low.end();
    expect(high.running).toHaveLength(1);
  });

  it('follow the concurrency of the queue', async () => {
    const [high] = queue('hl', { cap: 10, isAlone: true }) as [Line, Line];
    high.backlog = 100;
    await begin();
    high.lane.resize(12);
    expect(high.running).toHaveLength(12);
  });
});

describe('a lane whose jobs wait in vain', () => {
  it('puts them back after a second and takes nothing, until a slot is free', async () => {
    const [high, low] = queue('hl', { cap: 10, isAlone: true }) as [Line, Line];
    low.backlog = 30;
    await begin();
    high.backlog = 30;
    high.deliver();
    await clock.advance(2_000);
    expect(high.running).toHaveLength(0);
    expect(high.putBacks).toHaveLength(20);
    expect(high.lane.isResting).toBe(true);
    low.end();
    low.deliver();
    // The free slot waits for the high lane, which has to ask its broker first.
    expect([high.lane.isResting, low.running.length]).toEqual([false, 9]);
    high.deliver();
    expect(high.running).toHaveLength(1);
    expect(ran.at(-1)).toBe('h');
  });

  it('goes on to wait while one of its jobs starts now and then', async () => {
    const [line] = queue('l', { cap: 10, isAlone: true });
    line!.backlog = 100;
    await begin();
    for (let step = 0; step < 20; step += 1) {
      line!.end();
      line!.deliver();
      await clock.advance(500);
    }
    expect(line!.putBacks).toEqual([]);
  });

  it('is not woken below one that has jobs, in strict order', async () => {
    const [high, low] = queue('hl', { cap: 10, isAlone: true }) as [Line, Line];
    high.backlog = 1_000;
    low.backlog = 50;
    await begin();
    for (let step = 0; step < 10; step += 1) {
      round();
      await clock.advance(500);
    }
    expect(count('l')).toBe(0);
    expect(low.lane.isResting).toBe(true);
    expect(low.putBacks).toHaveLength(20);
    high.backlog = 0;
    for (let step = 0; low.running.length === 0 && step < 10; step += 1) {
      round();
      await clock.advance(200);
    }
    expect(low.running).toHaveLength(10);
  });

  it('takes ahead of its slots again once its jobs are short', async () => {
    const [line] = queue('l', { cap: 10, isAlone: true });
    line!.backlog = 10_000;
    await begin();
    await clock.advance(2_000);
    line!.end();
    line!.deliver();
    expect(line!.lane.prefetch).toBe(10);
    for (let step = 0; step < 200; step += 1) {
      round();
      await clock.advance(20);
    }
    expect(line!.lane.prefetch).toBe(20);
  });

  it('puts all back when its consumer ends, and leaves no timer', async () => {
    const [high, low] = queue('hl', { cap: 10, isAlone: true }) as [Line, Line];
    low.backlog = 30;
    await begin();
    high.lane.ends();
    low.lane.ends();
    expect(low.putBacks).toHaveLength(10);
    expect(clock.pendingTimers).toBe(0);
  });

  it('forgets those whose channel died', async () => {
    const [line] = queue('l', { cap: 10, isAlone: true });
    line!.backlog = 20;
    await begin();
    expect(line!.lane.drop(() => true)).toHaveLength(10);
    line!.end();
    expect(count('l')).toBe(10);
  });
});

describe('a handler with a concurrency of its own', () => {
  it('leaves the other slots of its lane to others, and room for those behind its jobs', async () => {
    const [line] = queue('l', { cap: 10, isAlone: true });
    const caps = new HandlerCaps(new Map([['l', 2]]), (type) => type);
    caps.whenRoom(() => share.look());
    line!.caps = caps;
    line!.backlog = 100;
    await begin();
    expect(line!.running).toHaveLength(2);
    line!.end();
    expect(line!.running).toHaveLength(2);
    line!.deliver();
    await clock.advance(1_000);
    expect(line!.putBacks.length).toBeGreaterThan(0);
    expect(line!.putBacks.every(({ delayMs }) => delayMs === 1_000)).toBe(true);
  });
});
