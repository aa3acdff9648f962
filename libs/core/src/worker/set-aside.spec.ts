import { ManualClock } from '../testing/manual-clock.js';
import { SetAside } from './set-aside.js';

it('brings a few jobs back after 5 s, many one after the other, and none later than after a minute', async () => {
  const clock = new ManualClock();
  const aside = new SetAside(clock);
  const delays = Array.from({ length: 40_000 }, () => aside.delayMs());
  expect(delays[0]).toBe(5_000);
  expect(delays[1]).toBe(5_002);
  expect(delays[10_000]).toBe(25_000);
  expect(Math.max(...delays)).toBe(60_000);
  await clock.advance(60_000);
  expect(aside.delayMs()).toBe(5_000);
});
