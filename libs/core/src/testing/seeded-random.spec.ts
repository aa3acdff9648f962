import { seededRandom } from './seeded-random.js';

describe('seeded randomness', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const [first, second, other] = [seededRandom(7), seededRandom(7), seededRandom(8)];
    const ten = (random: { next(): number }) => Array.from({ length: 10 }, () => random.next());
    const numbers = ten(first);
    expect(ten(second)).toEqual(numbers);
    expect(ten(other)).not.toEqual(numbers);
  });

  it('is spread over [0, 1)', () => {
    const random = seededRandom(1);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let index = 0; index < 10_000; index += 1) {
      const number = random.next();
      expect(number >= 0 && number < 1).toBe(true);
      counts[Math.floor(number * 10)]! += 1;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('fills bytes', () => {
    const bytes = seededRandom(1).fill(new Uint8Array(64));
    expect(seededRandom(1).fill(new Uint8Array(64))).toEqual(bytes);
    expect(new Set(bytes).size).toBeGreaterThan(20);
  });
});
