import { WarrenError } from '../kernel/errors/index.js';
import { startHarness, type Harness } from '../testing/harness.js';

describe('dead letters', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  async function withFailures(count: number) {
    let isMended = false;
    harness = await startHarness({
      handlers: [
        {
          type: 'email:new',
          options: { attempts: 1 },
          run: (payload) => {
            if (!isMended) throw new Error('down');
            return payload;
          },
        },
      ],
    });
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      ids.push((await harness.jobs.enqueue('email:new', index)).id);
      await harness.recorder.next('failed');
    }
    return { ids, letters: harness.jobs.deadLetters('email'), mend: () => (isMended = true) };
  }

  it('are listed oldest first and stay where they are', async () => {
    const { ids, letters } = await withFailures(3);
    for (let round = 0; round < 30; round += 1) {
      expect((await letters.list()).map(({ id }) => id)).toEqual(ids);
    }
    expect((await letters.list({ limit: 2 })).map(({ id }) => id)).toEqual(ids.slice(0, 2));
  });

  it('go back to their queue with attempts reset and the same id', async () => {
    const { ids, letters, mend } = await withFailures(2);
    mend();
    expect(await letters.requeue(ids[1]!)).toBe(1);
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: ids[1], attempt: 1, result: 1 });
    expect((await letters.list()).map(({ id }) => id)).toEqual([ids[0]]);
    expect(await letters.requeue({ all: true })).toBe(1);
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: ids[0] });
    expect(await letters.list()).toEqual([]);
  });

  it('are purged by id, or all of them only when all is said', async () => {
    const { ids, letters } = await withFailures(3);
    expect(await letters.purge({ ids: [ids[0]!] })).toBe(1);
    await expect(letters.purge({ ids: [] })).rejects.toThrow(/all: true/);
    await expect(letters.purge({} as never)).rejects.toThrow(/all: true/);
    await expect(letters.purge(undefined as never)).rejects.toThrow(/all: true/);
    expect(await letters.purge({ all: true })).toBe(2);
    expect(await letters.list()).toEqual([]);
  });

  it('are not requeued or purged when both some and all are said', async () => {
    const { ids, letters } = await withFailures(2);
    const both = { ids: [ids[0]!], all: true } as never;
    await expect(letters.purge(both)).rejects.toThrow(/purge: ids and all exclude each other/);
    await expect(letters.requeue(both)).rejects.toThrow(/requeue: ids and all exclude each other/);
    expect((await letters.list()).map(({ id }) => id)).toEqual(ids);
  });

  it('are none for a queue that does not exist, which is not made by asking', async () => {
    harness = await startHarness({ handlers: [] });
    const letters = harness.jobs.deadLetters('emial');
    expect(await letters.list()).toEqual([]);
    expect(await letters.requeue({ all: true })).toBe(0);
    expect(await letters.purge({ ids: ['a'] })).toBe(0);
    await expect(harness.broker.stats('emial')).rejects.toMatchObject({ code: 'WARREN_UNROUTABLE' });
  });

  it('return to a queue that is declared for them when it is gone', async () => {
    const { letters } = await withFailures(2);
    const isGone = new WarrenError('WARREN_UNROUTABLE', 'gone');
    const visit = harness.broker.visitDeadLetters.bind(harness.broker);
    let rounds = 0;
    const parts = letters['parts'];
    Object.assign(parts.broker, {
      visitDeadLetters: (...args: Parameters<typeof visit>) =>
        (rounds += 1) === 1 ? Promise.reject(isGone) : visit(...args),
    });
    expect(await letters.requeue({ all: true })).toBe(2);
    expect(rounds).toBe(2);
  });
});
