import type { JobsOptions } from '../options/module.js';
import { startHarness, type Harness } from '../testing/harness.js';

/** Which lines the option `log` makes of jobs that run. */
describe('log lines about jobs', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  async function linesOf(options: JobsOptions): Promise<string[]> {
    harness = await startHarness({
      handlers: [
        { type: 'email:new', run: () => 'sent' },
        { type: 'email:bad', options: { attempts: 1 }, run: () => Promise.reject(new Error('no')) },
      ],
      options,
    });
    const { id } = await harness.jobs.enqueue('email:new', { to: 'ann@example.com' });
    await harness.recorder.next('completed');
    const bad = await harness.jobs.enqueue('email:bad');
    await harness.recorder.next('failed');
    const written = [...harness.lines('info'), ...harness.lines('error')];
    const ofJobs = written.filter((line) => line.includes(id) || line.includes(bad.id));
    return ofJobs.map((line) => line.replace(id, 'GOOD').replace(bad.id, 'BAD'));
  }

  const failed =
    'email:bad BAD: failed (exhausted) at attempt 1 of 1, now in the dead letters of queue email: Error: no';

  it('tell of problems alone, unless they are to tell of all', async () => {
    expect(await linesOf({})).toEqual([failed]);
    await harness.close();
    expect(await linesOf({ log: { attempts: 'all' } })).toEqual([
      'email:new GOOD: completed at attempt 1 after 0ms',
      failed,
    ]);
  });
});
