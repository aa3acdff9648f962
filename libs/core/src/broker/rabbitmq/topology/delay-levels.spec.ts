import { seededRandom } from '../../../testing/seeded-random.js';
import {
  LEVELS,
  LONGEST_DELAY_MS,
  delayRoutingKey,
  duePattern,
  entryLevel,
  ladderDelayMs,
  levelPattern,
  waitingRoomTarget,
  wasHeldInFull,
} from './delay-levels.js';

/** As a topic exchange does: `*` is one word, `#` any number of them. */
function matches(pattern: string, key: string): boolean {
  const regex = pattern
    .split('.')
    .map((word) => (word === '*' ? '[^.]*' : word.replace(/[.*+?^${}()|[\]\\~]/g, '\\$&')))
    .join('\\.')
    .replace(/\\\.#$/, '(\\..*)?');
  return new RegExp(`^${regex}$`).test(key);
}

/** Walks down the ladder as a message does: the milliseconds that it waits in all. */
function waits(delayMs: number, target: string): number {
  const key = delayRoutingKey(delayMs, target);
  let waitedMs = 0;
  for (let level = entryLevel(delayMs); level >= 0; level -= 1) {
    const [stays, passes] = [matches(levelPattern(level, 1), key), matches(levelPattern(level, 0), key)];
    expect([stays, passes].filter(Boolean)).toHaveLength(1);
    if (stays) waitedMs += 2 ** level;
  }
  return waitedMs;
}

describe('the delay ladder', () => {
  it('makes a message wait exactly its delay, whatever its queue is called', () => {
    const random = seededRandom(3);
    const delays = Array.from({ length: 300 }, () => Math.ceil(random.next() ** 8 * LONGEST_DELAY_MS));
    for (const delayMs of [1, 2, 3, 1_000, 86_400_000, 2 ** 31 - 1, 2 ** 31, LONGEST_DELAY_MS, ...delays]) {
      expect(waits(delayMs, 'email')).toBe(delayMs);
      expect(waits(delayMs, '1.0.1.email')).toBe(delayMs);
      expect(waits(delayMs, waitingRoomTarget('email'))).toBe(delayMs);
    }
  });

  it('begins at the highest level that the delay needs', () => {
    expect([1, 2, 3, 4, 1_023, 1_024, LONGEST_DELAY_MS].map(entryLevel)).toEqual([0, 1, 1, 2, 9, 10, 31]);
  });

  it('never rounds a delay down, and cuts it to the longest', () => {
    expect([0.1, 1, 1.000_1, 2.5].map(ladderDelayMs)).toEqual([1, 1, 2, 3]);
    expect([2 ** 32, 2 ** 40, Infinity].map(ladderDelayMs)).toEqual([
      LONGEST_DELAY_MS,
      LONGEST_DELAY_MS,
      LONGEST_DELAY_MS,
    ]);
  });

  it('ends at its own target only', () => {
    const targets = ['mail', 'mail.x', 'x.mail', 'xmail', 'mail.mail', '0.mail', '1', '0'];
    const all = [...targets, ...targets.map(waitingRoomTarget)];
    for (const target of all) {
      const key = delayRoutingKey(5, target);
      expect(all.filter((each) => matches(duePattern(each), key))).toEqual([target]);
    }
  });

  it('keeps the routing key of the longest queue name below 255 bytes', () => {
    expect(delayRoutingKey(LONGEST_DELAY_MS, waitingRoomTarget('q'.repeat(120))).length).toBeLessThan(255);
    expect(delayRoutingKey(1, 'q').split('.')).toHaveLength(LEVELS + 1);
  });
});

describe('what the broker tells of the way down', () => {
  const expired = (...levels: number[]) =>
    levels.map((level) => ({ queue: `shop.delay.v1.${level}`, reason: 'expired', count: 1 }));

  it('shows that a delay is over', () => {
    expect(wasHeldInFull(expired(0))).toBe(true);
    expect(wasHeldInFull(expired(3, 7))).toBe(true);
    expect(wasHeldInFull([...expired(3), { queue: 'shop.due.email', reason: 'expired' }])).toBe(true);
  });

  it('leaves it open after the longest, of which some may be left', () => {
    expect(wasHeldInFull(expired(...Array.from({ length: LEVELS }, (_, level) => level)))).toBe(false);
  });

  it.each([
    [undefined],
    ['text'],
    [[]],
    [[{ queue: 'shop.q.email', reason: 'expired' }]],
    [[{ queue: 'shop.delay.v1.3', reason: 'rejected' }]],
    [[{ queue: 7 }]],
  ])('says nothing where no level held it: %j', (deaths) => {
    expect(wasHeldInFull(deaths)).toBe(false);
  });
});
