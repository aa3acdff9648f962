import { ManualClock } from '../testing/manual-clock.js';
import { HandlerSlots, Turn } from './handler-slots.js';

describe('the slots of a queue', () => {
  const clock = new ManualClock();
  let ahead: number[];
  let slots: HandlerSlots;

  beforeEach(() => {
    ahead = [];
    slots = new HandlerSlots(2, clock, (count) => ahead.push(count));
  });

  const begun = (): Turn => {
    const turn = new Turn(slots, clock);
    void turn.begin();
    return turn;
  };
  const run = async (durationMs: number, times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      const turn = begun();
      await clock.advance(durationMs);
      turn.end();
    }
  };

  it('are there at once for as many handlers as there are', () => {
    expect([slots.enter(), slots.enter()]).toEqual([undefined, undefined]);
    expect(slots.enter()).toBeInstanceOf(Promise);
  });

  it('go to those who wait in the order in which they came', async () => {
    const [first, second] = [begun(), begun()];
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      void new Turn(slots, clock).begin()!.then(() => order.push(name));
    }
    first.end();
    second.end();
    await clock.advance(0);
    expect(order).toEqual(['a', 'b']);
  });

  it('are given back once, however often that is said', () => {
    const turn = begun();
    begun();
    turn.end();
    turn.end();
    expect([slots.enter(), slots.enter()]).toEqual([undefined, expect.any(Promise)]);
  });

  it('are refused to those who waited a second, and nothing more is taken ahead', async () => {
    await run(1, 50);
    const [first] = [begun(), begun()];
    const late = new Turn(slots, clock);
    const wait = late.begin();
    await clock.advance(999);
    expect(late.refusal).toBeUndefined();
    await clock.advance(1);
    await wait;
    expect(late.refusal).toEqual({ kind: 'interrupted', why: 'no handler was free in time' });
    expect(ahead).toEqual([6, 0]);
    late.end();
    first.end();
    expect([slots.enter(), slots.enter()]).toEqual([undefined, expect.any(Promise)]);
  });

  it('let those wait on who came while others got theirs', async () => {
    const running = [begun(), begun()];
    const turns = [new Turn(slots, clock), new Turn(slots, clock)];
    for (const turn of turns) void turn.begin();
    await clock.advance(900);
    running[0]!.end();
    await clock.advance(900);
    expect(turns.map(({ refusal }) => refusal)).toEqual([undefined, undefined]);
    await clock.advance(200);
    expect(turns[1]!.refusal).toBeDefined();
  });

  it('are refused to all who wait when nothing may start any more', async () => {
    begun();
    begun();
    const turn = new Turn(slots, clock);
    const wait = turn.begin();
    slots.refuse();
    await wait;
    expect(turn.refusal).toBeDefined();
  });

  it('are refused at once to those who come later and would wait, and given to those who need not', async () => {
    const [first] = [begun(), begun()];
    slots.refuse();
    const turn = new Turn(slots, clock);
    await turn.begin();
    expect(turn.refusal).toBeDefined();
    first.end();
    expect([slots.enter(), await slots.enter()]).toEqual([undefined, false]);
  });

  it('have messages taken ahead once handlers are known to be short, until they are long', async () => {
    await run(9, 49);
    expect(ahead).toEqual([]);
    await run(9, 1);
    expect(ahead).toEqual([6]);
    await run(15, 200);
    expect(ahead).toEqual([6]);
    await run(100, 60);
    expect(ahead).toEqual([6, 0]);
  });

  it('have more taken ahead the shorter handlers are', async () => {
    await run(0.9, 50);
    expect(ahead).toEqual([60]);
    await run(1.5, 200);
    expect(ahead).toEqual([60]);
    await run(5, 100);
    expect(ahead).toEqual([60, 6]);
    await run(0.5, 200);
    expect(ahead).toEqual([60, 6, 60]);
    await run(100, 60);
    expect(ahead).toEqual([60, 6, 60, 6, 0]);
  });

  it('have nothing taken ahead any more once that is said, however short handlers are', async () => {
    await run(1, 50);
    slots.takeNothingAhead();
    await run(1, 200);
    expect(ahead).toEqual([6, 0]);
    slots = new HandlerSlots(2, clock, (count) => ahead.push(count));
    slots.takeNothingAhead();
    await run(1, 200);
    expect(ahead).toEqual([6, 0]);
  });

  it('have nothing taken ahead for handlers of 20 ms', async () => {
    await run(20, 300);
    expect(ahead).toEqual([]);
  });

  it('have three hundred messages taken ahead at most', async () => {
    slots = new HandlerSlots(500, clock, (count) => ahead.push(count));
    await run(5, 50);
    await run(0, 200);
    expect(ahead).toEqual([300]);
  });
});
