import { oldestBefore } from './oldest.js';

/** A store with these jobs, that counts what it is asked. */
function storeOf(...created: number[]) {
  let asked = 0;
  return {
    newestBefore: async (instant: number) => {
      asked += 1;
      const before = created.filter((at) => at < instant);
      return before.length === 0 ? undefined : Math.max(...before);
    },
    asked: () => asked,
  };
}

const NOW = 1_700_000_000_000;
const DAY_MS = 86_400_000;

it('finds nothing where nothing waits, with one question', async () => {
  const store = storeOf();
  await expect(oldestBefore(NOW, store.newestBefore)).resolves.toBeUndefined();
  expect(store.asked()).toBe(1);
});

it.each([
  ['a single job', [NOW - 5]],
  ['two jobs far apart', [NOW - 10, NOW - 9 * DAY_MS]],
  ['one of a clock that is ahead', [NOW + 30_000]],
])('finds the oldest of %s exactly', async (_what, created) => {
  await expect(oldestBefore(NOW, storeOf(...created).newestBefore)).resolves.toBe(Math.min(...created));
});

it('is exact to an eighth among many, with few questions', async () => {
  for (const ageMs of [1_500, 60_000, 3_600_000, 14 * DAY_MS]) {
    const created = Array.from(
      { length: 2_000 },
      (_, index) => NOW - Math.round((ageMs * (index + 1)) / 2_000),
    );
    const store = storeOf(...created);
    const oldest = await oldestBefore(NOW, store.newestBefore);
    expect(oldest).toBeDefined();
    expect(NOW - oldest!).toBeLessThanOrEqual(ageMs);
    expect(NOW - oldest!).toBeGreaterThan(ageMs * (7 / 8) - 1_000);
    expect(store.asked()).toBeLessThan(30);
  }
});
