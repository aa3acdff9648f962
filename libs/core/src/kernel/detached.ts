import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs callbacks in the async context in which this was made. Made at boot and used for sockets, consumers and
 * timers: opened inside a request they would keep that request's AsyncLocalStorage for every later callback.
 */
export type Detached = <T>(callback: () => T) => T;

export function captureContext(): Detached {
  const run = AsyncLocalStorage.snapshot();
  return (callback) => run(callback);
}
