import { isChild } from './parentage.js';

const NOW = Date.UTC(2026, 0, 1);
const LINK_AFTER_MS = 300_000;

/** An id as Warren makes it, of that instant. */
function idOf(at: number): string {
  const hex = at.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

const job = (facts: Partial<Parameters<typeof isChild>[0]>) => ({
  id: idOf(NOW - 1_000),
  attempt: 1,
  enqueuedAt: new Date(NOW - 1_000),
  scheduledFor: undefined,
  headers: {},
  ...facts,
});

it.each([
  ['was due at once', {}, true],
  ['is a retry', { attempt: 3, scheduledFor: new Date(NOW) }, true],
  ['was delayed or snoozed', { scheduledFor: new Date(NOW) }, false],
  ['is old', { enqueuedAt: new Date(NOW - LINK_AFTER_MS) }, false],
  ['is a dead letter that was requeued', { id: idOf(NOW - LINK_AFTER_MS) }, false],
  ['has an id of the application', { id: 'order-7' }, true],
  ['a schedule made', { id: 'nightly@2026-01-01', headers: { schedule: 'nightly' } }, false],
  ['has a header that is called schedule', { headers: { schedule: 'nightly' } }, true],
])('the attempt of a job that %s: %o is a child %s', (_what, facts, expected) => {
  expect(isChild(job(facts), LINK_AFTER_MS, NOW)).toBe(expected);
});
