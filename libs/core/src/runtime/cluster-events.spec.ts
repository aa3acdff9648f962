import type { ClusterMoment } from '../control/carried-moment.js';
import { silentLogger } from '../kernel/logger.js';
import { Observers } from '../observe/observers.js';
import type { Signal } from '../ports/signals.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { settled } from '../testing/manual-clock.js';
import { Control } from './control.js';

let harness: Harness;
/** All that goes through the air. */
let sent: Signal[];

const handlers = [
  {
    type: 'email:',
    run: async (_: unknown, job: { progress(value: unknown): void }) => {
      job.progress(0.5);
      await Promise.resolve();
      return { sent: true };
    },
  },
];

beforeEach(async () => {
  harness = await startHarness({ handlers, options: { store: false } });
  sent = [];
  for (const topic of ['events', 'control'] as const) {
    harness.broker.signals.listen(topic, { onSignal: (signal) => void sent.push(signal) });
  }
});
afterEach(() => harness.close());

const events = (): Signal[] => sent.filter(({ topic }) => topic === 'events');
const commands = (): unknown[] => sent.flatMap(({ topic, key }) => (topic === 'control' ? key : []));

/** What an observer of all processes hears. */
function listen(on: Harness): { readonly moments: ClusterMoment[]; readonly stop: () => void } {
  const moments: ClusterMoment[] = [];
  return { moments, stop: on.warren.control.observe((moment) => moments.push(moment)) };
}

async function oneJob(): Promise<void> {
  await harness.jobs.enqueue('email:new', {});
  await settled();
}

describe('events of all processes', () => {
  it('cost nothing while nobody listens', async () => {
    await oneJob();
    expect(events()).toEqual([]);
    expect(commands()).toEqual([]);
  });

  it('reach a process that enqueues only, progress and all', async () => {
    const api = await harness.another({ options: { store: false, worker: false } });
    const { moments } = listen(api);
    await settled();
    await oneJob();
    expect(moments.map(({ kind }) => kind)).toEqual(['enqueued', 'started', 'progressed', 'completed']);
    expect(moments.at(-1)).toMatchObject({ type: 'email:new', result: { sent: true } });
    expect(moments.at(-1)!.process).toMatch(/^.+:\d+$/);
    expect(events().map(({ key }) => key)).toContain('completed.email:new');
  });

  it('have those of the process itself too, once', async () => {
    const { moments } = listen(harness);
    await settled();
    await oneJob();
    expect(moments.filter(({ kind }) => kind === 'completed')).toHaveLength(1);
  });

  it('are heard of processes that begin later', async () => {
    const { moments } = listen(harness);
    const late = await harness.another({ options: { store: false, worker: false } });
    await harness.clock.advance(200);
    await late.jobs.enqueue('email:new', {});
    await settled();
    expect(moments.filter(({ kind }) => kind === 'enqueued')).toHaveLength(1);
  });

  it('end 30 s after the last one who listens is gone, and begin again with the next', async () => {
    const first = listen(harness);
    const second = listen(harness);
    await settled();
    first.stop();
    await harness.clock.advance(60_000);
    await oneJob();
    expect(second.moments.map(({ kind }) => kind)).toContain('completed');
    expect(first.moments).toEqual([]);
    const timers = harness.clock.pendingTimers;
    second.stop();
    second.stop();
    expect(harness.clock.pendingTimers).toBe(timers - 1);
    await harness.clock.advance(30_000);
    const before = events().length;
    await oneJob();
    expect(events()).toHaveLength(before);
    const third = listen(harness);
    await settled();
    await oneJob();
    expect(third.moments.map(({ kind }) => kind)).toContain('completed');
  });

  it('are sent of those kinds alone that somebody wants', async () => {
    const api = await harness.another({ options: { store: false, worker: false } });
    const heard: string[] = [];
    const observe = (on: Harness, kind?: 'completed' | 'started') =>
      on.warren.control.observe((moment) => heard.push(moment.kind), kind);
    const kindsSent = () =>
      events()
        .splice(0)
        .map(({ key }) => key.split('.')[0]);
    const stop = observe(api, 'completed');
    await settled();
    await oneJob();
    expect([kindsSent(), heard]).toEqual([['completed'], ['completed']]);

    const stopStarted = observe(api, 'started');
    await settled();
    sent.length = heard.length = 0;
    await oneJob();
    expect([kindsSent(), heard]).toEqual([
      ['started', 'completed'],
      ['started', 'completed'],
    ]);

    stopStarted();
    await harness.clock.advance(40_000);
    sent.length = heard.length = 0;
    await oneJob();
    expect([kindsSent(), heard]).toEqual([['completed'], ['completed']]);

    const all = listen(harness);
    await settled();
    sent.length = heard.length = 0;
    await oneJob();
    expect(all.moments.map(({ kind }) => kind)).toEqual(['enqueued', 'started', 'progressed', 'completed']);
    expect(heard).toEqual(['completed']);
    stop();
  });

  it('are sent of every kind to a process that does not say which it wants', async () => {
    harness.broker.signals.send({ topic: 'control', key: 'listening', body: { kind: 'listening' } });
    await settled();
    await oneJob();
    expect(events()).toHaveLength(4);
  });

  it('are sent of the kinds that are known, whatever else a process wants', async () => {
    const body = { kind: 'listening', kinds: ['ofALaterVersion', 'failed', 5] };
    harness.broker.signals.send({ topic: 'control', key: 'listening', body });
    await settled();
    await oneJob();
    expect(events()).toEqual([]);
  });

  it('are asked for every 10 s, and answers to many who begin are one', async () => {
    listen(harness);
    await settled();
    await harness.clock.advance(30_000);
    expect(commands()).toEqual(['listening', 'listening', 'listening', 'listening']);
    sent.length = 0;
    for (let index = 0; index < 5; index += 1) {
      await harness.another({ options: { store: false, worker: false } });
    }
    await harness.clock.advance(1_000);
    expect(commands().filter((key) => key === 'whoListens')).toHaveLength(5);
    expect(commands().filter((key) => key === 'listening')).toHaveLength(1);
  });

  it('go on when an observer throws, and when somebody sends nonsense', async () => {
    harness.warren.control.observe(() => {
      throw new Error('a bug of the observer');
    });
    const { moments } = listen(harness);
    await settled();
    for (const body of [
      null,
      'x',
      { kind: 'cancel' },
      { kind: 'cancel', id: 5 },
      { kind: 'later' },
      { v: 1 },
    ]) {
      for (const topic of ['events', 'control'] as const) {
        harness.broker.signals.send({ topic, key: 'k', body });
      }
    }
    await settled();
    await oneJob();
    expect(moments.map(({ kind }) => kind)).toEqual(['enqueued', 'started', 'progressed', 'completed']);
    expect(harness.lines('error')).toEqual([]);
  });

  it('are those of the process alone over a broker without signals', () => {
    const observers = new Observers(silentLogger);
    const control = new Control({
      signals: undefined,
      observers,
      clock: harness.clock,
      detached: (callback) => callback(),
      workerName: 'host:1',
      isInThread: false,
      worker: () => undefined,
      turn: () => undefined,
    });
    control.start();
    const moments: unknown[] = [];
    const stop = control.observe((moment) => moments.push(moment));
    observers.tell({ kind: 'workerStarted', at: 1, queues: [] });
    const job = { at: 1, jobId: 'job', type: 'a', queue: 'q', attempt: 1, correlationId: undefined };
    observers.tell({ kind: 'enqueued', ...job, notBefore: undefined });
    stop();
    observers.tell({ kind: 'enqueued', ...job, notBefore: undefined });
    expect(moments).toEqual([{ kind: 'enqueued', ...job, notBefore: undefined, process: 'host:1' }]);
    control.askToStop('job', {});
    control.close();
  });
});
