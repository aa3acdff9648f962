import type { JobContext } from '../job/context.js';
import { fixed } from '../kernel/backoff.js';
import { NonRetryableJobError, SnoozeJobError } from '../kernel/errors/index.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { ManualClock } from '../testing/manual-clock.js';

/** Jobs that a handler enqueues know which job they come from. */
describe('lineage', () => {
  let harness: Harness;
  /** What each run saw, by attempt. */
  let seen: Array<Pick<JobContext, 'type' | 'attempt' | 'parentId' | 'rootId'>>;
  let fail: (job: JobContext) => void;

  beforeEach(async () => {
    const clock = new ManualClock();
    seen = [];
    fail = () => undefined;
    const handler = (type: string, next?: string) => ({
      type,
      options: { attempts: 2, backoff: fixed('1s') },
      run: async (_payload: unknown, job: JobContext) => {
        const { attempt, parentId, rootId } = job;
        seen.push({ type, attempt, parentId, rootId });
        fail(job);
        return next === undefined ? 'last' : (await harness.jobs.enqueue(next)).id;
      },
    });
    harness = await startHarness({
      clock,
      handlers: [handler('a:job', 'b:job'), handler('b:job', 'c:job'), handler('c:job')],
      options: { store: new MemoryJobStore({ clock }) },
    });
  });
  afterEach(() => harness.close());

  async function completed(type: string): Promise<string> {
    return (await harness.recorder.next('completed', (moment) => moment.type === type)).jobId;
  }

  it('of a job that no handler enqueued is empty, in its message too', async () => {
    const { id } = await harness.jobs.enqueue('c:job');
    await completed('c:job');
    expect(seen).toEqual([{ type: 'c:job', attempt: 1, parentId: undefined, rootId: undefined }]);
    expect(await harness.jobs.get(id)).toMatchObject({ parentId: undefined, rootId: undefined });
  });

  it('names the job before and the first one, in contexts and records', async () => {
    const { id: a } = await harness.jobs.enqueue('a:job');
    const b = await completed('b:job');
    const c = await completed('c:job');
    expect(seen.slice(1)).toEqual([
      { type: 'b:job', attempt: 1, parentId: a, rootId: a },
      { type: 'c:job', attempt: 1, parentId: b, rootId: a },
    ]);
    expect(await harness.jobs.get(b)).toMatchObject({ parentId: a, rootId: a });
    expect(await harness.jobs.get(c)).toMatchObject({ parentId: b, rootId: a });
  });

  it('stays through retries, snoozes, the dead letters and a retry by id', async () => {
    fail = ({ type, attempt }) => {
      if (type !== 'b:job') return;
      if (seen.length === 2) throw new SnoozeJobError('1s');
      if (attempt === 1) throw new Error('again');
      throw new NonRetryableJobError('never');
    };
    const { id: a } = await harness.jobs.enqueue('a:job');
    await harness.clock.advance(60_000);
    const { jobId } = await harness.recorder.next('failed');
    fail = () => undefined;
    await harness.jobs.retry(jobId);
    await harness.clock.advance(1_000);
    await completed('b:job');
    const runs = seen.filter(({ type }) => type === 'b:job');
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 1, 2, 1]);
    for (const run of runs) expect(run).toMatchObject({ parentId: a, rootId: a });
  });

  it('stays when a dead letter is requeued without its record', async () => {
    fail = ({ type }) => {
      if (type === 'b:job') throw new NonRetryableJobError('never');
    };
    const { id: a } = await harness.jobs.enqueue('a:job');
    const { jobId } = await harness.recorder.next('failed');
    fail = () => undefined;
    await harness.jobs.deadLetters('b').requeue(jobId);
    await completed('b:job');
    expect(seen.at(2)).toMatchObject({ type: 'b:job', parentId: a, rootId: a });
  });
});
