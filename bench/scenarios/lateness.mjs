/**
 * `count` jobs with random delays between `fromMs` and `toMs`; how late each starts. Negative is early, and there
 * must be none.
 */
export async function lateness(system, count, fromMs, toMs, random) {
  const latenessMs = [];
  const allStarted = system.process(count, 100, async ({ dueAt }) => {
    latenessMs.push(Date.now() - dueAt);
  });
  await Promise.all(
    Array.from({ length: count }, () => {
      const delayMs = Math.round(fromMs + random() * (toMs - fromMs));
      return system.enqueue({ dueAt: Date.now() + delayMs }, { delay: delayMs });
    }),
  );
  const stop = await allStarted;
  await stop();
  latenessMs.sort((a, b) => a - b);
  return {
    early: latenessMs.filter((ms) => ms < 0).length,
    p50: latenessMs[Math.floor(count * 0.5)],
    p99: latenessMs[Math.floor(count * 0.99)],
    max: latenessMs.at(-1),
  };
}
