import { DeadLetterGrouping, errorPattern, groupKey } from './dead-letter-groups.js';
import type { DeadLetter } from './dead-letter.js';

const letter = (over: Partial<DeadLetter>): DeadLetter => ({
  id: 'a',
  type: 'email:new',
  queue: 'email',
  reason: 'exhausted',
  error: 'SmtpError: 421 try later',
  failedAt: new Date(1_000),
  enqueuedAt: new Date(0),
  attempts: 3,
  history: [],
  headers: {},
  body: new Uint8Array(),
  contentType: undefined,
  ...over,
});

describe('groups of dead letters', () => {
  it.each([
    ['SmtpError: 421 try later', 'SmtpError: # try later'],
    ['Error: order 0192b3c4-0e56-7620-aaef-1f9f2d0f7c55 is gone', 'Error: order … is gone'],
    ['Error: no account for ada@example.com', 'Error: no account for …'],
    ['TypeError: "Ada" is not iterable', 'TypeError: "…" is not iterable'],
    ['Error: took 1,234.5 ms\n  at somewhere', 'Error: took # ms'],
    ['Error: deadbeefcafe failed', 'Error: deadbeefcafe failed'],
    ['Error: deadbeef12 failed', 'Error: … failed'],
    ['', ''],
  ])('reads %j as %j', (error, pattern) => {
    expect(errorPattern(error)).toBe(pattern);
  });

  it('are cut, however long an error is', () => {
    expect(errorPattern('x'.repeat(100_000))).toHaveLength(200);
  });

  it('hold what failed alike, the largest first, with the oldest as example', () => {
    const grouping = new DeadLetterGrouping();
    grouping.add(letter({ id: undefined, failedAt: new Date(5_000) }));
    grouping.add(letter({ id: 'b', error: 'SmtpError: 550 try later', failedAt: new Date(2_000) }));
    grouping.add(letter({ id: 'c', error: 'TypeError: no', failedAt: undefined }));
    expect(grouping.groups).toEqual([
      expect.objectContaining({
        count: 2,
        exampleId: 'b',
        firstAt: new Date(2_000),
        lastAt: new Date(5_000),
        error: 'SmtpError: # try later',
      }),
      expect.objectContaining({ count: 1, exampleId: 'c', firstAt: undefined }),
    ]);
  });

  it('have a key that is the same in every process, and another for another type or reason', () => {
    expect(groupKey(letter({}))).toBe(groupKey(letter({ id: 'z', queue: 'other' })));
    expect(groupKey(letter({}))).toMatch(/^[0-9a-f]{8}$/);
    expect(groupKey(letter({ type: 'email:old' }))).not.toBe(groupKey(letter({})));
    expect(groupKey(letter({ reason: 'poison' }))).not.toBe(groupKey(letter({})));
  });
});
