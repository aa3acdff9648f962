import { MemoryJobStore } from '../store/memory/index.js';
import { checkGroup } from './describe.js';
import { checkDefinitionPolicy, checkHandlerOptions } from './handler.js';
import { LIMITS, lacksLimits, limitsOf } from './limits.js';
import { defineJob } from '../job/definition.js';

const key = (): string => 'a';

describe('limits over all workers', () => {
  it.each([0, -1, NaN, Infinity, 1.5, '5', null])('are refused when maxConcurrent is %p', (maxConcurrent) => {
    expect(checkGroup(LIMITS, { maxConcurrent })).toEqual([
      expect.stringMatching(/^maxConcurrent: .* is not a whole number from 1 to 1,000,000/),
    ]);
  });

  it.each([
    [{ concurrency: 5 }, ['concurrency: 5 is not an object of options.']],
    [{ concurrency: { limit: 2 } }, ['concurrency.key: it is missing. Give limit and key.']],
    [{ concurrency: { limit: 0, key } }, ['concurrency.limit: 0 is not a whole number from 1 to 1,000,000.']],
    [{ concurrency: { limit: 1, key: 'tenant' } }, ['concurrency.key: "tenant" is not a function.']],
    [{ rateLimit: { max: 10 } }, ['rateLimit.per: it is missing. Give max and per.']],
    [
      { rateLimit: {} },
      ['rateLimit.max: it is missing. Give max and per.', 'rateLimit.per: it is missing. Give max and per.'],
    ],
    [
      { rateLimit: { max: NaN, per: '1s' } },
      ['rateLimit.max: NaN is not a whole number from 1 to 1,000,000.'],
    ],
    [
      { rateLimit: { max: 5, per: '1s', burst: 6 } },
      ['rateLimit.burst: 6 is above max (5). Lower burst or raise max.'],
    ],
    [
      { rateLimit: { max: 5, per: '1s', brust: 2 } },
      ["rateLimit.brust: there is no such option. Did you mean 'burst'?"],
    ],
    [{ limitsOnStoreDown: 'open' }, ["limitsOnStoreDown: \"open\" is not 'wait' or 'allow'."]],
  ])('are refused: %j', (said, problems) => {
    expect(checkGroup(LIMITS, said)).toEqual(problems);
  });

  it.each([0, -5, NaN, '0s', '2d', 'soon'])('are refused when a rate is per %p', (per) => {
    expect(checkGroup(LIMITS, { rateLimit: { max: 1, per } })).toEqual([
      expect.stringMatching(/^rateLimit\.per: .* is not a duration .* of at least 1ms and at most 1d/),
    ]);
  });

  it('are checked on handlers and on definitions, with their place', () => {
    expect(checkHandlerOptions({ maxConcurrent: 0 }, 'Pdfs.render')).toEqual([
      expect.stringMatching(/^Pdfs\.render: @JobHandler option maxConcurrent: 0 is not/),
    ]);
    const Pdf = defineJob()('pdf:render', { rateLimit: { max: 0, per: '1s' } });
    expect(checkDefinitionPolicy(Pdf, 'Pdfs.render')).toEqual([
      expect.stringMatching(/^Pdfs\.render: defineJob\('pdf:render'\) option rateLimit\.max: 0 is not/),
    ]);
  });

  it('are resolved option by option, the first layer that says one deciding', () => {
    const limits = limitsOf([
      { maxConcurrent: 3 },
      { maxConcurrent: 9, rateLimit: { max: 10, per: '1s', key }, limitsOnStoreDown: 'allow' },
    ]);
    expect(limits).toEqual({
      maxConcurrent: 3,
      concurrency: undefined,
      rateLimit: { max: 10, perMs: 1_000, burst: 1, key },
      onStoreDown: 'allow',
    });
    expect(limitsOf([undefined, { limitsOnStoreDown: 'allow' }])).toBeUndefined();
  });

  it('need a job store with that facet', () => {
    expect(lacksLimits({ kind: 'none' })).toMatch(
      /need a job store, and this connection has none\. Give one/,
    );
    expect(lacksLimits({ kind: 'memory' })).toBeUndefined();
    const store = new MemoryJobStore();
    expect(lacksLimits({ kind: 'given', store })).toBeUndefined();
    const { kind, records } = store;
    const bare = {
      kind,
      records,
      start: () => store.start(),
      status: () => store.status(),
      close: () => store.close(),
    };
    expect(lacksLimits({ kind: 'given', store: bare })).toMatch(
      /facet 'limits', which the job store given \(memory\)/,
    );
  });
});
