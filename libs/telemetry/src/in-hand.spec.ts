import { InHand } from './in-hand.js';

describe('what is kept of attempts', () => {
  it('is taken once, by job and attempt', () => {
    const kept = new InHand<string>();
    kept.put('a', 1, 'first');
    kept.put('a', 2, 'second');
    expect(kept.take('a', 1)).toBe('first');
    expect(kept.take('a', 1)).toBeUndefined();
    expect(kept.take('a', 2)).toBe('second');
  });

  it('gives up what was there before of the same attempt, which came again', () => {
    const givenUp: string[] = [];
    const kept = new InHand<string>((one) => givenUp.push(one));
    kept.put('a', 1, 'lost');
    kept.put('a', 1, 'again');
    expect(givenUp).toEqual(['lost']);
    expect(kept.take('a', 1)).toBe('again');
  });

  it('is bounded, and gives up the oldest first', () => {
    const givenUp: number[] = [];
    const kept = new InHand<number>((one) => givenUp.push(one), 2);
    for (const number of [1, 2, 3, 4]) kept.put(`job ${number}`, 1, number);
    expect(givenUp).toEqual([1, 2]);
    kept.close();
    expect(givenUp).toEqual([1, 2, 3, 4]);
  });

  it('is swept from the oldest on, up to the first that is to stay', () => {
    const givenUp: number[] = [];
    const kept = new InHand<number>((one) => givenUp.push(one));
    for (const number of [1, 2, 9, 3]) kept.put(`job ${number}`, 1, number);
    kept.sweep((one) => one < 5);
    expect(givenUp).toEqual([1, 2]);
  });
});
