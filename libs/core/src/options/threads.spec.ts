import { pathToFileURL } from 'node:url';
import { checkGroup } from './describe.js';
import { THREADS, threadSettings, type ThreadOptions } from './threads.js';

const settingsOf = (options: ThreadOptions, facts = { concurrency: 10, cores: 8 }) =>
  threadSettings(options, facts);
const problemsOf = (options: unknown) => checkGroup(THREADS, options, 'worker.threads');

describe('the options of threads', () => {
  it.each([
    [{ concurrency: 10, cores: 8 }, 7],
    [{ concurrency: 3, cores: 8 }, 3],
    [{ concurrency: 10, cores: 2 }, 1],
    [{ concurrency: 10, cores: 1 }, 1],
  ])('leave a core to the main thread (%j)', (facts, max) => {
    expect(settingsOf({}, facts).max).toBe(max);
    expect(settingsOf({ max: 12 }, facts).max).toBe(12);
  });

  it('take the entry as a path or a URL', () => {
    const url = pathToFileURL('dist/worker.js');
    for (const entry of ['dist/worker.js', url, url.href]) {
      expect(problemsOf({ entry })).toEqual([]);
      expect(settingsOf({ entry }).entry?.href).toBe(url.href);
    }
    expect(settingsOf({}).entry).toBeUndefined();
  });

  it.each(['', 5, 'https://host/worker.js', new URL('https://host/worker.js')])(
    'refuse %p as an entry',
    (entry) => {
      expect(problemsOf({ entry })).toEqual([
        expect.stringMatching(/^worker\.threads\.entry: .* is not a path or file URL/),
      ]);
    },
  );

  it('refuse what cannot be meant', () => {
    expect(problemsOf({ max: 0, startTimeout: 0, maxHeapBytes: 512, maximum: 4 })).toEqual([
      expect.stringMatching(/^worker\.threads\.max: /),
      expect.stringMatching(/^worker\.threads\.startTimeout: /),
      expect.stringMatching(/^worker\.threads\.maxHeapBytes: /),
      expect.stringMatching(/^worker\.threads\.maximum: there is no such option/),
    ]);
  });
});
