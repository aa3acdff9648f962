import { AsyncLocalStorage } from 'node:async_hooks';
import { captureContext } from './detached.js';

describe('a detached callback', () => {
  it('sees the context in which it was captured, not the one it is called in', () => {
    const storage = new AsyncLocalStorage<string>();
    const detached = storage.run('boot', () => captureContext());
    const seen = storage.run('request', () => [storage.getStore(), detached(() => storage.getStore())]);
    expect(seen).toEqual(['request', 'boot']);
  });
});
