import { jest } from '@jest/globals';
import { MemoryBroker } from '../broker/memory/index.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { settled } from '../testing/manual-clock.js';

describe('a start that fails', () => {
  let harness: Harness;
  afterEach(async () => {
    jest.restoreAllMocks();
    await harness.close();
  });

  async function withTwoQueues(options = {}) {
    harness = await startHarness({
      handlers: ['good:job', 'bad:job'].map((type) => ({ type, run: () => 'ok' })),
      options,
      start: false,
    });
  }

  it('over one queue takes jobs from none, and closes', async () => {
    await withTwoQueues();
    const { spec } = harness.warren.settings.queues.settingsOf('bad');
    await harness.broker.ensureQueue({ ...spec, maxLength: 7 });
    await expect(harness.warren.start()).rejects.toMatchObject({ code: 'WARREN_TOPOLOGY_MISMATCH' });
    expect(await harness.broker.stats('good')).toMatchObject({ consumers: 0 });
    await harness.broker.publish(
      { body: Buffer.from('1'), type: 'good:job', headers: {} },
      { queue: 'good' },
    );
    await settled();
    expect(harness.recorder.all('started')).toEqual([]);
    await expect(harness.jobs.enqueue('good:job')).rejects.toMatchObject({ code: 'WARREN_CLOSED' });
  });

  const refusal = () => Promise.reject(new Error('not today'));

  it.each([
    ['declaring', () => jest.spyOn(MemoryBroker.prototype, 'ensureQueue').mockImplementationOnce(refusal)],
    ['consuming', () => jest.spyOn(MemoryBroker.prototype, 'consume').mockImplementationOnce(refusal)],
  ])('in JobWorker.start(), at %s, leaves no consumer, and may be tried again', async (_what, fail) => {
    await withTwoQueues({ worker: { autoStart: false } });
    await harness.warren.start();
    await harness.jobs.enqueue('good:job');
    fail();
    const { jobWorker } = harness.warren;
    await expect(jobWorker.start()).rejects.toThrow('not today');
    expect(await harness.broker.stats('good')).toMatchObject({ consumers: 0 });
    expect(harness.recorder.all('workerStarted')).toEqual([]);
    await jobWorker.start();
    for (const queue of ['good', 'bad']) {
      expect(await harness.broker.stats(queue)).toMatchObject({ consumers: 1 });
    }
    await harness.recorder.next('completed');
    expect(harness.recorder.all('workerStarted')).toHaveLength(1);
  });
});
