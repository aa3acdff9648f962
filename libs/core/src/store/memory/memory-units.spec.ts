import { JOB_STATES, TRANSITIONS, isFinal, mayLead, type JobEvent } from '../../job/states.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { CreationOrder } from './creation-order.js';
import { enqueuedEntry, moved } from './entry.js';
import { MemoryJobStore } from './index.js';
import { Retention } from './retention.js';

const EVENTS: readonly JobEvent[] = [
  ...new Set(Object.values(TRANSITIONS).flatMap((row) => Object.keys(row) as JobEvent[])),
];

function record() {
  return enqueuedEntry({
    id: 'a',
    type: 't',
    queue: 'q',
    generation: 1,
    createdAt: 1,
    dueAt: undefined,
    maxAttempts: undefined,
    priority: undefined,
    uniqueKey: undefined,
    correlationId: undefined,
    parentId: undefined,
    rootId: undefined,
    tags: [],
    payload: undefined,
    carried: undefined,
  }).record;
}

describe('the steps of a job', () => {
  it('are those of the table, and no others can be written', () => {
    for (const from of JOB_STATES) {
      for (const event of EVENTS) {
        for (const to of JOB_STATES) {
          const step = () => moved({ ...record(), state: from }, { event, to, at: 9 });
          if (mayLead(from, event, to)) expect(step()).toMatchObject({ state: to, changedAt: 9 });
          else expect(step).toThrow(expect.objectContaining({ code: 'WARREN_BUG' }));
        }
      }
    }
  });

  it('lead out of a final state only by a new message', () => {
    for (const state of JOB_STATES.filter(isFinal)) {
      for (const event of Object.keys(TRANSITIONS[state])) {
        expect(['reopen', 'claim', 'enqueue']).toContain(event);
      }
    }
  });
});

describe('the order of creation', () => {
  const all = (order: CreationOrder) => [...order.newestBefore(undefined)].map(({ id }) => id);

  it('is the same whatever the order of adding', () => {
    const order = new CreationOrder();
    for (const createdAt of [5, 1, 9, 3, 7, 2, 8]) order.add({ createdAt, id: `${createdAt}` });
    order.add({ createdAt: 5, id: '50' });
    expect(all(order)).toEqual(['9', '8', '7', '50', '5', '3', '2', '1']);
    expect([...order.newestBefore({ createdAt: 5, id: '50' })].map(({ id }) => id)).toEqual([
      '5',
      '3',
      '2',
      '1',
    ]);
    expect([...order.newestBefore({ createdAt: 6, id: '' })][0]!.id).toBe('50');
  });

  it('forgets what is removed, takes it back, and stays whole when it is compacted', () => {
    const order = new CreationOrder();
    for (let index = 0; index < 2_000; index += 1) order.add({ createdAt: index, id: `${index}` });
    for (let index = 0; index < 1_990; index += 1) order.remove({ createdAt: index, id: `${index}` });
    order.add({ createdAt: 3, id: '3' });
    order.remove({ createdAt: 77, id: 'never there' });
    expect(all(order)).toEqual([...Array.from({ length: 10 }, (_, index) => `${1_999 - index}`), '3']);
  });
});

describe('retention', () => {
  it('frees what is over a bounded number at a time, without a timer', async () => {
    const clock = new ManualClock();
    const forgotten: string[] = [];
    const retention: Retention = new Retention(clock, (id) => {
      retention.lift(id);
      forgotten.push(id);
    });
    for (let index = 0; index < 250; index += 1)
      retention.limit(`${index}`, 'g', { ms: 10, count: undefined });
    retention.limit('longer', 'g', { ms: 1_000, count: undefined });
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(10);
    retention.sweep();
    expect(forgotten).toHaveLength(100);
    expect(retention.isOver('249')).toBe(true);
    retention.sweepAll();
    expect(forgotten).toHaveLength(250);
    expect(retention.isOver('longer')).toBe(false);
  });
});

describe('pages of a rare match', () => {
  it('come empty, with a cursor, when many jobs had to be looked at', async () => {
    const store = new MemoryJobStore({ clock: new ManualClock() });
    const jobs = Array.from({ length: 2_500 }, (_, index) => ({
      ...record(),
      id: `${index}`.padStart(5, '0'),
      createdAt: index,
      tags: index === 0 ? ['rare'] : [],
    }));
    await store.records.enqueued(jobs);
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await store.reads.find({ tag: 'rare' }, { limit: 10, cursor });
      pages.push(page.jobs.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(pages).toEqual([[], [], ['00000']]);
  });
});
