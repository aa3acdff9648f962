import assert from 'node:assert/strict';
import type { SignalTopic } from '../../../ports/signals.js';
import type { BrokerUnderTest } from '../broker-under-test.js';
import { SignalsScene } from './signals-scene.js';

/** One promise of the port. Any test runner can take it; it throws when the promise is broken. */
export interface SignalsCase {
  /** A sentence. */
  readonly name: string;
  readonly run: (subject: BrokerUnderTest) => Promise<void>;
}

function signalsCase(name: string, play: (scene: SignalsScene) => Promise<void>): SignalsCase {
  return {
    name,
    run: async (subject) => {
      const scene = new SignalsScene(subject);
      try {
        await play(scene);
      } finally {
        await scene.end();
      }
    },
  };
}

const TOPICS: readonly SignalTopic[] = ['control', 'events'];

const ofTopic = (topic: SignalTopic): SignalsCase[] => [
  signalsCase(
    `carries a signal of '${topic}' to every process that listens, the sender too`,
    async (scene) => {
      const [one, two] = [await scene.process(), await scene.process()];
      const ears = [await scene.listener(one.signals, topic), await scene.listener(two.signals, topic)];
      const body = { id: 'job', text: 'Grüße, 世界', list: [1, null, true] };
      one.signals.send({ topic, key: 'completed.email:new', body });
      for (const ear of ears) {
        await ear.untilHeard(1);
        assert.deepEqual(ear.heard, [{ topic, key: 'completed.email:new', body }]);
      }
    },
  ),

  signalsCase(`keeps the order of one sender of '${topic}'`, async (scene) => {
    const [sender, hearer] = [await scene.process(), await scene.process()];
    const ear = await scene.listener(hearer.signals, topic);
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    for (const body of numbers) sender.signals.send({ topic, key: 'number', body });
    await ear.untilHeard(numbers.length);
    assert.deepEqual(ear.bodies, numbers);
  }),
];

/** Every promise of the signals port. */
export const signalsCases: readonly SignalsCase[] = [
  ...TOPICS.flatMap(ofTopic),

  signalsCase('lets those who listen to one topic hear nothing of the other', async (scene) => {
    const { signals } = await scene.process();
    const [control, events] = [
      await scene.listener(signals, 'control'),
      await scene.listener(signals, 'events'),
    ];
    signals.send({ topic: 'events', key: 'a', body: 1 });
    signals.send({ topic: 'control', key: 'b', body: 2 });
    signals.send({ topic: 'events', key: 'c', body: 3 });
    await Promise.all([events.untilHeard(2), control.untilHeard(1)]);
    assert.deepEqual([control.bodies, events.bodies], [[2], [1, 3]]);
  }),

  signalsCase('tells several listeners of one process, and no one that has left', async (scene) => {
    const { signals } = await scene.process();
    const leaver = await scene.listener(signals, 'control');
    const stayer = await scene.listener(signals, 'control');
    signals.send({ topic: 'control', key: 'first', body: 1 });
    await Promise.all([leaver.untilHeard(1), stayer.untilHeard(1)]);
    leaver.leave();
    leaver.leave();
    signals.send({ topic: 'control', key: 'second', body: 2 });
    await stayer.untilHeard(2);
    assert.deepEqual([leaver.bodies, stayer.bodies], [[1], [1, 2]]);
  }),

  signalsCase('can be listened to again when all have left', async (scene) => {
    const { signals } = await scene.process();
    (await scene.listener(signals, 'events')).leave();
    const ear = await scene.listener(signals, 'events');
    signals.send({ topic: 'events', key: 'again', body: 'heard' });
    await ear.untilHeard(1);
    assert.deepEqual(ear.bodies, ['heard']);
  }),

  signalsCase('goes on when a listener throws', async (scene) => {
    const { signals } = await scene.process();
    let thrown = 0;
    const fail = (): never => {
      thrown += 1;
      throw new Error('a bug of the listener');
    };
    signals.listen('control', { onSignal: fail, onAttached: fail });
    const ear = await scene.listener(signals, 'control');
    signals.send({ topic: 'control', key: 'k', body: 1 });
    signals.send({ topic: 'control', key: 'k', body: 2 });
    await ear.untilHeard(2);
    assert.deepEqual(ear.bodies, [1, 2]);
    assert.ok(thrown >= 2);
  }),

  signalsCase('drops what is no JSON or larger than 64 KiB, and carries what comes after', async (scene) => {
    const { signals } = await scene.process();
    const ear = await scene.listener(signals, 'events');
    const ring: { self?: unknown } = {};
    ring.self = ring;
    for (const body of [undefined, ring, 1n, () => 1, 'x'.repeat(64 * 1024), 'ü'.repeat(40_000)]) {
      signals.send({ topic: 'events', key: 'bad', body });
    }
    const largest = 'x'.repeat(64 * 1024 - 2);
    signals.send({ topic: 'events', key: 'largest', body: largest });
    signals.send({ topic: 'events', key: 'k'.repeat(255), body: 'after' });
    await ear.untilHeard(2);
    assert.deepEqual(ear.bodies, [largest, 'after']);
    assert.equal(ear.heard[1]!.key.length, 255);
  }),

  signalsCase('gives listeners a copy', async (scene) => {
    const { signals } = await scene.process();
    const ear = await scene.listener(signals, 'events');
    const body = { list: [1] };
    signals.send({ topic: 'events', key: 'k', body });
    body.list.push(2);
    await ear.untilHeard(1);
    assert.deepEqual(ear.bodies, [{ list: [1] }]);
  }),

  signalsCase('neither sends nor hears after close, and does not throw', async (scene) => {
    const [closed, open] = [await scene.process(), await scene.process()];
    const [before, other] = [
      await scene.listener(closed.signals, 'control'),
      await scene.listener(open.signals, 'control'),
    ];
    await closed.broker.close();
    closed.signals.send({ topic: 'control', key: 'k', body: 'from the dead' });
    let attached = 0;
    const leave = closed.signals.listen('control', {
      onSignal: () => undefined,
      onAttached: () => (attached += 1),
    });
    open.signals.send({ topic: 'control', key: 'k', body: 'alive' });
    await other.untilHeard(1);
    assert.deepEqual([before.bodies, other.bodies, attached], [[], ['alive'], 0]);
    leave();
  }),
];
