import type { Timing } from './definition.js';
import { Occurrences, timingProblems } from './occurrences.js';

const at = (text: string): number => Date.parse(text);

/** So many occurrences after an instant, as UTC. */
function following(timing: Timing, from: string, count = 3): string[] {
  const occurrences = new Occurrences(timing);
  const found: string[] = [];
  for (let last: number | undefined = at(from); found.length < count;) {
    last = occurrences.after(last);
    if (last === undefined) break;
    found.push(new Date(last).toISOString().replace(':00.000Z', 'Z'));
  }
  return found;
}

describe('occurrences of cron text', () => {
  it.each([
    ['a weekday at nine', '0 9 * * 1-5', '2026-01-02T09:00:00Z', ['2026-01-05T09:00Z', '2026-01-06T09:00Z']],
    [
      'seconds',
      '*/30 * * * * *',
      '2026-01-01T00:00:00.001Z',
      ['2026-01-01T00:00:30.000Z', '2026-01-01T00:01Z'],
    ],
    ['a word', '@hourly', '2026-01-01T00:00:00Z', ['2026-01-01T01:00Z', '2026-01-01T02:00Z']],
    [
      'the last day of the month',
      '0 0 L * *',
      '2026-01-31T00:00:00Z',
      ['2026-02-28T00:00Z', '2026-03-31T00:00Z'],
    ],
    [
      'the 29th of February',
      '0 0 29 2 *',
      '2026-01-01T00:00:00Z',
      ['2028-02-29T00:00Z', '2032-02-29T00:00Z'],
    ],
    [
      'day of month or weekday',
      '0 0 1 * MON',
      '2026-01-01T00:00:00Z',
      ['2026-01-05T00:00Z', '2026-01-12T00:00Z'],
    ],
  ])('%s', (_what, cron, from, expected) => {
    expect(following({ cron, tz: 'UTC' }, from, expected.length)).toEqual(expected);
  });

  it.each([
    // Forth: 02:00 is 03:00 in Paris and New York, 02:00 is 02:30 on Lord Howe.
    [
      'a time in the gap fires at its end',
      '30 2 * * *',
      'Europe/Paris',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ],
    [
      'a time in the gap fires at its end',
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T12:00Z',
      ['2026-03-08T07:00Z', '2026-03-09T06:30Z'],
    ],
    [
      'a time in the gap fires at its end',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T00:00Z',
      ['2026-10-03T15:30Z', '2026-10-04T15:15Z'],
    ],
    [
      'hours pass over the gap',
      '0 * * * *',
      'Europe/Paris',
      '2026-03-28T23:30Z',
      ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    ],
    [
      'hours pass over the gap',
      '0 * * * *',
      'America/New_York',
      '2026-03-08T05:30Z',
      ['2026-03-08T06:00Z', '2026-03-08T07:00Z', '2026-03-08T08:00Z'],
    ],
    [
      'half hours pass over the gap',
      '*/30 * * * *',
      'Australia/Lord_Howe',
      '2026-10-03T14:50Z',
      ['2026-10-03T15:00Z', '2026-10-03T15:30Z', '2026-10-03T16:00Z'],
    ],
    [
      'a whole hour that the gap took is left out',
      '0 * * * *',
      'Australia/Lord_Howe',
      '2026-10-03T14:10Z',
      ['2026-10-03T14:30Z', '2026-10-03T16:00Z'],
    ],
    // Back: 03:00 is 02:00 in Paris, 02:00 is 01:00 in New York, 02:00 is 01:30 on Lord Howe.
    [
      'a time that comes twice fires at the first',
      '30 2 * * *',
      'Europe/Paris',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'a time that comes twice fires at the first',
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00Z',
      ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
    ],
    [
      'a time that comes twice fires at the first',
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T00:00Z',
      ['2026-04-04T14:45Z', '2026-04-05T15:15Z'],
    ],
    [
      'so do times of a list',
      '30 2,14 * * *',
      'Europe/Paris',
      '2026-10-24T20:00Z',
      ['2026-10-25T00:30Z', '2026-10-25T13:30Z'],
    ],
    [
      'hours fire in both passes',
      '0 * * * *',
      'Europe/Paris',
      '2026-10-24T23:30Z',
      ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z'],
    ],
    [
      'hours fire in both passes',
      '0 * * * *',
      'America/New_York',
      '2026-11-01T04:30Z',
      ['2026-11-01T05:00Z', '2026-11-01T06:00Z', '2026-11-01T07:00Z'],
    ],
    [
      'half hours fire in both passes',
      '*/30 * * * *',
      'Australia/Lord_Howe',
      '2026-04-04T13:50Z',
      ['2026-04-04T14:00Z', '2026-04-04T14:30Z', '2026-04-04T15:00Z', '2026-04-04T15:30Z'],
    ],
  ])('%s: %s in %s', (_what, cron, tz, from, expected) => {
    expect(following({ cron, tz }, from, expected.length)).toEqual(expected);
  });

  it('lie between startAt and endAt, both included', () => {
    const timing = {
      cron: '0 * * * *',
      tz: 'UTC',
      startAt: at('2026-01-01T03:00Z'),
      endAt: at('2026-01-01T05:00Z'),
    };
    expect(following(timing, '2026-01-01T00:00Z', 9)).toEqual([
      '2026-01-01T03:00Z',
      '2026-01-01T04:00Z',
      '2026-01-01T05:00Z',
    ]);
  });
});

describe('occurrences of an interval', () => {
  it('are counted from 1970, so that all processes mean the same', () => {
    expect(following({ everyMs: 600_000 }, '2026-01-01T00:04:11Z', 2)).toEqual([
      '2026-01-01T00:10Z',
      '2026-01-01T00:20Z',
    ]);
  });

  it('begin with startAt', () => {
    const timing = { everyMs: 600_000, startAt: at('2026-01-01T00:03Z') };
    expect(following(timing, '2025-12-01T00:00Z', 2)).toEqual(['2026-01-01T00:03Z', '2026-01-01T00:13Z']);
    expect(following(timing, '2026-01-01T00:13Z', 1)).toEqual(['2026-01-01T00:23Z']);
  });
});

describe('the newest occurrence', () => {
  it.each([
    [
      'of years of seconds',
      { cron: '* * * * * *', tz: 'UTC' },
      '2020-01-01T00:00Z',
      '2026-01-01T00:00:00.5Z',
      '2026-01-01T00:00Z',
    ],
    [
      'that falls on the end',
      { cron: '0 9 * * 1-5', tz: 'UTC' },
      '2026-01-01T00:00Z',
      '2026-01-05T09:00Z',
      '2026-01-05T09:00Z',
    ],
    [
      'after a long silence',
      { cron: '0 0 1 1 *', tz: 'Europe/Paris' },
      '2020-06-01T00:00Z',
      '2026-12-31T00:00Z',
      '2025-12-31T23:00Z',
    ],
    [
      'of an interval',
      { everyMs: 7_000 },
      '1970-01-01T00:00Z',
      '1970-01-01T00:01Z',
      '1970-01-01T00:00:56.000Z',
    ],
    [
      'that is the only one',
      { everyMs: 7_000 },
      '1970-01-01T00:00Z',
      '1970-01-01T00:00:07Z',
      '1970-01-01T00:00:07.000Z',
    ],
    [
      'before endAt',
      { everyMs: 7_000, endAt: 30_000 },
      '1970-01-01T00:00Z',
      '1970-01-01T00:01Z',
      '1970-01-01T00:00:28.000Z',
    ],
  ])('%s', (_what, timing, from, to, expected) => {
    const found = new Occurrences(timing).newest(at(from), at(to));
    expect(new Date(found).toISOString()).toBe(new Date(at(expected)).toISOString());
  });
});

describe('what is wrong with a timing', () => {
  it.each([
    [
      'a zone that nobody knows',
      { cron: '0 9 * * *', tz: 'Mars/Olympus' },
      /option tz: 'Mars\/Olympus' is no time zone/,
    ],
    ['a date that never comes', { cron: '0 0 30 2 *' }, /option cron: "0 0 30 2 \*" never fires/],
    ['seconds beyond the range', { cron: '60 * * * * *' }, /no cron text: .*second/],
    ['minutes beyond the range', { cron: '60 * * * *' }, /no cron text: .*minute/],
    ['too few fields', { cron: '* * * *' }, /no cron text/],
    ['a year', { cron: '0 0 0 1 1 * 2030' }, /no cron text/],
    ['a date', { cron: '2026-05-01T00:00:00' }, /no cron text\. Give five fields/],
    ['an unknown word', { cron: '@fortnightly' }, /no cron text/],
    ['an event that is no time', { cron: '@reboot' }, /no cron text/],
    ['a step of nothing', { cron: '*/0 * * * *' }, /no cron text/],
    ['long text, which is not repeated as a whole', { cron: '* '.repeat(125) }, /^.{1,400}$/],
  ])('%s', (_what, timing, expected) => {
    const problems = timingProblems(timing, Date.UTC(2026, 0, 1));
    expect(problems).toEqual([expect.stringMatching(expected)]);
  });

  it('is nothing for text that fires, in a zone that is known', () => {
    expect(timingProblems({ cron: '0 9 * * 1-5', tz: 'Europe/Paris' }, 0)).toEqual([]);
    expect(timingProblems({ everyMs: 1_000 }, 0)).toEqual([]);
  });
});
