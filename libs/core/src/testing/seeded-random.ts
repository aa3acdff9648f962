import type { Random } from '../kernel/random.js';

/** The same numbers for the same seed. Algorithm: mulberry32 (Tommy Ettinger, public domain). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    fill(target) {
      for (let index = 0; index < target.length; index += 1) target[index] = Math.floor(next() * 256);
      return target;
    },
  };
}
