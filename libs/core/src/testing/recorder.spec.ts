import type { Moment } from '../observe/moments.js';
import { Recorder } from './recorder.js';

const started = (queue: string): Moment => ({ kind: 'workerStarted', at: 0, queues: [queue] });
const drained: Moment = { kind: 'workerDrained', at: 0, finished: 0, givenBack: 0, cut: 0, zombies: 0 };

describe('the recorder', () => {
  it('gives each moment out once, in the order told, those of before and those to come', async () => {
    const recorder = new Recorder();
    recorder.observer(started('a'));
    recorder.observer(drained);
    recorder.observer(started('b'));
    expect(await recorder.next('workerStarted')).toMatchObject({ queues: ['a'] });
    expect(await recorder.next('workerStarted')).toMatchObject({ queues: ['b'] });
    const [third, fourth] = [recorder.next('workerStarted'), recorder.next('workerStarted')];
    recorder.observer(started('c'));
    recorder.observer(started('d'));
    expect(await Promise.all([third, fourth])).toMatchObject([{ queues: ['c'] }, { queues: ['d'] }]);
    expect(recorder.all('workerStarted')).toHaveLength(4);
  });

  it('leaves those that a filter passes over to the next who asks', async () => {
    const recorder = new Recorder();
    recorder.observer(started('a'));
    recorder.observer(started('b'));
    const b = await recorder.next('workerStarted', ({ queues }) => queues.includes('b'));
    expect(b.queues).toEqual(['b']);
    expect((await recorder.next('workerStarted')).queues).toEqual(['a']);
  });

  it('waits until the moments satisfy a condition', async () => {
    const recorder = new Recorder();
    const two = recorder.until((moments) => moments.length === 2);
    recorder.observer(started('a'));
    setImmediate(() => recorder.observer(drained));
    await two;
    expect(recorder.moments).toHaveLength(2);
  });

  it('fails after its limit with what it waited for and what came', async () => {
    const recorder = new Recorder({ limitMs: 20 });
    recorder.observer(drained);
    await expect(recorder.next('completed')).rejects.toThrow(
      "Waited 20 ms in vain for the moment 'completed'. Told so far: workerDrained.",
    );
    await expect(recorder.until(() => false, 'pigs fly')).rejects.toThrow(
      'Waited 20 ms in vain until pigs fly. Told so far: workerDrained.',
    );
  });
});
