import { dueOf, type Due } from './due.js';
import { Occurrences } from './occurrences.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Each minute, with a leader since 10:00. */
const minutes = new Occurrences({ everyMs: MINUTE });
const seconds = new Occurrences({ everyMs: SECOND });
const since = 10 * HOUR;

describe('what is due', () => {
  it('is nothing before the next occurrence', () => {
    const due = dueOf(minutes, { lastAt: since, since, now: since + MINUTE - 1 }, 'once');
    expect(due).toEqual<Due>({ make: [], upTo: undefined, isCut: false });
  });

  it('is the occurrence whose instant has come', () => {
    const at = since + MINUTE;
    expect(dueOf(minutes, { lastAt: since, since, now: at }, 'skip')).toEqual({
      make: [at],
      upTo: at,
      isCut: false,
    });
  });

  it.each(['skip', 'once', 'all'] as const)(
    'is each that fell due while the leader was busy for less than a minute, with missed: %s',
    (missed) => {
      const { make } = dueOf(seconds, { lastAt: since, since, now: since + 3_500 }, missed);
      expect(make).toEqual([1, 2, 3].map((second) => since + second * SECOND));
    },
  );

  it.each([
    ['skip', 30 * SECOND, 'the newest, as it is not a minute late', 1],
    ['skip', 90 * SECOND, 'nothing, as it is more than a minute late', 0],
    ['once', 90 * SECOND, 'the newest, however late', 1],
    ['all', 90 * SECOND, 'all of them', 3],
  ] as const)(
    'of three that nobody was there to make is with missed: %s after %d ms %s',
    (missed, late, _what, count) => {
      // Leader since 10:00; those of 09:57, 09:58 and 09:59 were missed... and the next is due in an hour.
      const rule = {
        after: (at: number) => [1, 2, 3].map((n) => since - late - (3 - n)).find((one) => one > at),
      };
      const occurrences = Object.assign(Object.create(Occurrences.prototype) as Occurrences, rule);
      const { make, upTo } = dueOf(occurrences, { lastAt: 0, since, now: since }, missed);
      expect(make).toEqual([since - late - 2, since - late - 1, since - late].slice(3 - count));
      expect(upTo).toBe(since - late);
    },
  );

  it('is one of those that were missed and each since then, with missed: once', () => {
    const { make, upTo } = dueOf(seconds, { lastAt: since - HOUR, since, now: since + 2_500 }, 'once');
    expect(make).toEqual([-1, 0, 1, 2].map((second) => since + second * SECOND));
    expect(upTo).toBe(since + 2 * SECOND);
  });

  it('counts what is more than a minute late as missed, although a leader was there', () => {
    const now = since + HOUR;
    const { make } = dueOf(seconds, { lastAt: since, since, now }, 'once');
    expect([make.length, make[0]]).toEqual([62, now - 61 * SECOND]);
  });

  it('is the oldest 1,000 with missed: all, and the others are passed over', () => {
    const now = since + HOUR;
    const { make, upTo, isCut } = dueOf(seconds, { lastAt: since, since, now }, 'all');
    expect([make.length, make[0], make.at(-1)]).toEqual([1_000, since + SECOND, since + 1_000 * SECOND]);
    expect([upTo, isCut]).toEqual([now, true]);
  });

  it('ends with the schedule', () => {
    const ending = new Occurrences({ everyMs: MINUTE, endAt: since + 2 * MINUTE });
    expect(dueOf(ending, { lastAt: since, since, now: since + HOUR }, 'once').make).toEqual([
      since + 2 * MINUTE,
    ]);
    expect(
      dueOf(ending, { lastAt: since + 2 * MINUTE, since, now: since + HOUR }, 'all').upTo,
    ).toBeUndefined();
  });
});
