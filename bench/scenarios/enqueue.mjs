/** Enqueues `count` jobs with 100 in flight; each counts when the broker has confirmed it. Returns jobs a second. */
export async function enqueueRate(system, count, inFlight, payload) {
  let started = 0;
  const startedAt = performance.now();
  const lane = async () => {
    while (started < count) {
      started += 1;
      await system.enqueue(payload);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (count / (performance.now() - startedAt)) * 1_000;
}
