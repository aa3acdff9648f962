import { enqueueRate } from './enqueue.mjs';

/** Runs `count` waiting jobs with a handler that does nothing. Returns jobs a second, from the first consume on. */
export async function processRate(system, count, concurrency, payload) {
  await enqueueRate(system, count, 500, payload);
  const startedAt = performance.now();
  const tookMs = await system.process(count, concurrency, async () => undefined);
  return (count / (tookMs ?? performance.now() - startedAt)) * 1_000;
}
