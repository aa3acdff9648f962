import { WaitingLine, type Held } from './waiting-line.js';

describe('the waiting line', () => {
  let sequence = 0;
  beforeEach(() => (sequence = 0));

  function held(priority?: number, expiresAt = Infinity): Held {
    sequence += 1;
    const message = { body: new Uint8Array(), headers: {}, ...(priority !== undefined && { priority }) };
    return { message, sequence, expiresAt, deliveryCount: 0, redelivered: false };
  }

  function drain(line: WaitingLine): number[] {
    const order: number[] = [];
    for (let next = line.shift(); next; next = line.shift()) order.push(next.sequence);
    return order;
  }

  it('keeps 100,000 messages in order through takes and returns', () => {
    const line = new WaitingLine();
    const all = Array.from({ length: 100_000 }, () => held());
    for (const each of all) line.push(each);
    const taken = Array.from({ length: 30_000 }, () => line.shift()!);
    // Every second one is gone; the others come back last first.
    for (const each of taken.filter(({ sequence: number }) => number % 2 === 0).reverse()) line.putBack(each);
    expect(line.length).toBe(85_000);
    const kept = all
      .map(({ sequence: number }) => number)
      .filter((number) => number > 30_000 || number % 2 === 0);
    expect(drain(line)).toEqual(kept);
    expect(line.length).toBe(0);
    expect(line.shift()).toBeUndefined();
  });

  it('puts a message that comes back at the head of its own priority', () => {
    const line = new WaitingLine();
    for (const priority of [0, 7, 0, 7]) line.push(held(priority));
    const [high, higher] = [line.shift()!, line.shift()!];
    const low = line.shift()!;
    line.push(held(7));
    for (const each of [low, higher, high]) line.putBack(each);
    expect(drain(line)).toEqual([2, 4, 5, 1, 3]);
  });

  it('takes out what is expired, of every priority, and knows when the next one will be', () => {
    const line = new WaitingLine();
    for (const [priority, expiresAt] of [
      [0, 100],
      [9, 200],
      [0, 300],
      [9, 250],
    ] as const) {
      line.push(held(priority, expiresAt));
    }
    expect(line.nextExpiryAt).toBe(100);
    expect(line.shiftExpired(99)).toBeUndefined();
    expect([line.shiftExpired(200), line.shiftExpired(200)].map((each) => each?.expiresAt).sort()).toEqual([
      100, 200,
    ]);
    expect(line.shiftExpired(200)).toBeUndefined();
    expect(line.nextExpiryAt).toBe(250);
    expect(drain(line)).toEqual([4, 3]);
    expect(line.nextExpiryAt).toBe(Infinity);
  });
});
