import { enqueueRate } from './enqueue.mjs';

/**
 * Runs `count` waiting jobs with a handler that does nothing. Returns jobs a second, from the first call of the
 * handler until the last ack is sent.
 */
export async function processRate(system, count, concurrency, payload) {
  await enqueueRate(system, count, 500, payload);
  let firstAt;
  const stop = await system.process(count, concurrency, async () => {
    firstAt ??= performance.now();
  });
  const rate = (count / (performance.now() - firstAt)) * 1_000;
  await stop();
  return rate;
}
