import type { Clock } from 'nestjs-warren/ports';

/** What `work` gives; after the limit it rejects, and `work` goes on with nobody who waits for it. */
export function within<Value>(
  work: Promise<Value>,
  limitMs: number,
  clock: Pick<Clock, 'setTimer'>,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const limit = clock.setTimer(limitMs, () => reject(new Error(`no answer within ${limitMs} ms`)));
    work.then(resolve, reject).finally(() => limit.cancel());
  });
}
