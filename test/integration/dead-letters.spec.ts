import { jest } from '@jest/globals';
import { NonRetryableJobError } from '../../libs/core/src/kernel/errors/index.js';
import { fixed } from '../../libs/core/src/kernel/backoff.js';
import type { DeadLetters } from '../../libs/core/src/operate/dead-letters.js';
import { RabbitMqApp, type TestWarren } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(60_000);

const COUNT = 30;

describe('dead letters', () => {
  const rabbit = new RabbitMqApp('dead-letters');
  let worker: TestWarren;
  let letters: DeadLetters;
  let ids: string[];
  let isMended: boolean;
  const finished: string[] = [];

  beforeAll(async () => {
    rabbit.owns('email');
    worker = await rabbit.startWarren([
      {
        type: 'email:new',
        options: { attempts: 2, backoff: fixed('5ms') },
        run: (payload, { id, attempt }) => {
          if (!isMended)
            throw new Error(`no mail ${(payload as { number: number }).number}, attempt ${attempt}`);
          finished.push(id);
        },
      },
      {
        type: 'email:bad',
        run: () => {
          throw new NonRetryableJobError('this will never work');
        },
      },
    ]);
    letters = worker.warren.jobs.deadLetters('email');
  });
  beforeEach(async () => {
    isMended = false;
    finished.length = 0;
    await letters.purge({ all: true });
    ids = [];
    for (let number = 0; number < COUNT; number += 1) {
      ids.push((await worker.warren.jobs.enqueue('email:new', { number })).id);
    }
    await rabbit.untilCount(rabbit.names.deadQueue('email'), COUNT);
  });
  afterAll(() => rabbit.dispose());

  const listed = async (): Promise<unknown[]> => (await letters.list()).map(({ id }) => id);

  it('are there after being looked at thirty times, in their order, with their whole history', async () => {
    const order = await listed();
    expect([...order].sort()).toEqual([...ids].sort());
    for (let round = 0; round < 30; round += 1) expect(await listed()).toEqual(order);
    const [letter] = await letters.list({ limit: 1 });
    const number = ids.indexOf(letter!.id!);
    expect(letter).toMatchObject({
      type: 'email:new',
      queue: 'email',
      reason: 'exhausted',
      attempts: 2,
      error: `Error: no mail ${number}, attempt 2`,
    });
    expect(letter!.history.map(({ number: attempt, error }) => [attempt, error.message])).toEqual([
      [1, `no mail ${number}, attempt 1`],
      [2, `no mail ${number}, attempt 2`],
    ]);
    expect(JSON.parse(Buffer.from(letter!.body).toString())).toEqual({ number });
    await rabbit.untilCount(rabbit.names.deadQueue('email'), COUNT);
  });

  it('return to their queue when chosen, and the others stay in their order', async () => {
    const order = await listed();
    const chosen = order.filter((_, index) => index % 3 === 1) as string[];
    isMended = true;
    expect(await letters.requeue({ ids: chosen })).toBe(chosen.length);
    await until(() => finished.length === chosen.length, 'the chosen ones ran');
    expect([...finished].sort()).toEqual([...chosen].sort());
    expect(await listed()).toEqual(order.filter((id) => !chosen.includes(id as string)));
  });

  it('all return at once, and fail again with a history of their new attempts only', async () => {
    expect(await letters.requeue({ all: true })).toBe(COUNT);
    await until(async () => (await letters.list()).length === COUNT, 'all are dead again');
    const again = await letters.list();
    expect(again.map(({ id }) => id).sort()).toEqual([...ids].sort());
    for (const { history } of again) expect(history.map(({ number }) => number)).toEqual([1, 2]);
    isMended = true;
    expect(await letters.requeue({ all: true })).toBe(COUNT);
    await until(() => finished.length === COUNT, 'all ran');
    expect(await listed()).toEqual([]);
  });

  it('go for good when purged, one or all', async () => {
    const order = await listed();
    expect(await letters.purge(order[7] as string)).toBe(1);
    expect(await listed()).toEqual(order.filter((_, index) => index !== 7));
    expect(await letters.purge({ ids: ['no such id'] })).toBe(0);
    expect(await letters.purge({ all: true })).toBe(COUNT - 1);
    expect(await listed()).toEqual([]);
  });

  it('say so when no further attempt made sense', async () => {
    const { id } = await worker.warren.jobs.enqueue('email:bad', {});
    await rabbit.untilCount(rabbit.names.deadQueue('email'), COUNT + 1);
    const letter = (await letters.list()).find((each) => each.id === id);
    expect(letter).toMatchObject({ reason: 'terminated', attempts: 1 });
    expect(letter!.error).toContain('this will never work');
  });

  it('are seen by another process too, in the same order', async () => {
    const other = await rabbit.startWarren([], { worker: false });
    const seen = await other.warren.jobs.deadLetters('email').list();
    expect(seen.map(({ id }) => id)).toEqual(await listed());
  });
});
