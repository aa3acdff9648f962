import { disown, guarded } from './guarded.js';

describe('a guarded decision', () => {
  it('is what the function says when it works', () => {
    const reported: unknown[] = [];
    const decided = guarded(
      () => 'mine',
      () => 'fallback',
      (error) => reported.push(error),
    );
    expect([decided, reported]).toEqual(['mine', []]);
  });

  it('is the fallback, and is reported, when the function throws', () => {
    const error = new Error('broken');
    const reported: unknown[] = [];
    const decided = guarded<string>(
      () => {
        throw error;
      },
      () => 'fallback',
      (thrown) => reported.push(thrown),
    );
    expect([decided, reported]).toEqual(['fallback', [error]]);
  });

  it('leaves no rejection behind when a promise came instead of a value', async () => {
    const unhandled: unknown[] = [];
    const hear = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', hear);
    disown(Promise.reject(new Error('nobody waits')));
    disown('no promise');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', hear);
    expect(unhandled).toEqual([]);
  });
});
