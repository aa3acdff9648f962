import { AsyncLocalStorage } from 'node:async_hooks';
import { message, Scene } from '../../testing/contract/scene.js';
import { ManualClock, settled } from '../../testing/manual-clock.js';
import { createMemoryBroker, type MemoryBroker } from './index.js';

describe('delays of the memory broker', () => {
  let clock: ManualClock;
  let broker: MemoryBroker;
  let scene: Scene;

  beforeEach(() => {
    clock = new ManualClock();
    broker = createMemoryBroker({ clock });
    scene = new Scene({
      broker,
      connect: () => Promise.resolve(broker.connect()),
      loseConsumers: (queue) => broker.loseConsumers(queue),
      dispose: () => broker.close(),
    });
  });
  afterEach(async () => {
    await scene.end();
    await broker.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('hands a message out at its instant, and not a millisecond before', async () => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    await scene.publish(queue, 'm', 3_600_000);
    await clock.advance(3_599_999);
    expect(consumer.ids).toEqual([]);
    await clock.advance(1);
    expect(consumer.ids).toEqual(['m']);
  });

  it('rounds a fraction of a millisecond up', async () => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    await scene.publish(queue, 'm', 0.25);
    await clock.advance(0);
    expect(consumer.ids).toEqual([]);
    await clock.advance(1);
    expect(consumer.ids).toEqual(['m']);
  });

  it('hands out by due time, and those due together in the order they were published', async () => {
    const queue = await scene.queue();
    const consumer = await scene.consume(queue);
    const delaysMs = [50, 10, 40, 10, 0, 30, 10, 20, 50];
    for (const [index, delayMs] of delaysMs.entries()) {
      await scene.publish(queue, `${delayMs} (${index})`, delayMs);
    }
    for (let elapsedMs = 0; elapsedMs <= 50; elapsedMs += 1) await clock.advance(1);
    const sorted = ['0 (4)', '10 (1)', '10 (3)', '10 (6)', '20 (7)', '30 (5)', '40 (2)', '50 (0)', '50 (8)'];
    expect(consumer.ids).toEqual(sorted);
  });

  it('arms one timer for all of them, and moves it when an earlier one comes', async () => {
    const queue = await scene.queue();
    const startedAt = clock.now();
    for (const delayMs of [500, 300, 400]) await scene.publish(queue, `${delayMs}`, delayMs);
    expect(clock.pendingTimers).toBe(1);
    expect(clock.nextTimerAt).toBe(startedAt + 300);
  });

  it('does not hand out early when a timer fires before its instant', async () => {
    // Node's timers may be up to a millisecond ahead of Date.now.
    const hasty = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      setTimer: (delayMs: number, callback: () => void) =>
        clock.setTimer(delayMs > 1 ? delayMs - 1 : delayMs, callback),
    };
    const other = createMemoryBroker({ clock: hasty });
    await other.ensureQueue(scene.spec('q'));
    const consumer = await scene.consume('q', { on: other });
    await other.publish(message('m'), { queue: 'q', delayMs: 10 });
    await clock.advance(9);
    expect(consumer.ids).toEqual([]);
    await clock.advance(1);
    expect(consumer.ids).toEqual(['m']);
    await other.close();
  });

  it('lets a delayed message into a full queue rather than lose it', async () => {
    const queue = await scene.queue({ maxLength: 1 });
    await scene.publish(queue, 'delayed', 10);
    await scene.publish(queue, 'first');
    await clock.advance(10);
    expect(await broker.stats(queue)).toMatchObject({ ready: 2 });
    await expect(scene.publish(queue, 'third')).rejects.toMatchObject({ code: 'WARREN_QUEUE_FULL' });
  });

  it('arms its timers outside the async context of the publisher', async () => {
    const context = new AsyncLocalStorage<string>();
    const armedIn: Array<string | undefined> = [];
    const watched = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      setTimer: (delayMs: number, callback: () => void) => {
        armedIn.push(context.getStore());
        return clock.setTimer(delayMs, callback);
      },
    };
    const other = createMemoryBroker({ clock: watched });
    await context.run('request', async () => {
      await other.ensureQueue(scene.spec('q'));
      await other.publish(message('m'), { queue: 'q', delayMs: 10 });
      await other.publish(message('n'), { queue: 'q' });
      await settled();
      await other.close();
    });
    expect(armedIn).toEqual([undefined, undefined]);
  });

  it('refuses at once a delayed message for a queue that does not exist', async () => {
    await expect(scene.publish('nowhere', 'm', 10)).rejects.toMatchObject({ code: 'WARREN_UNROUTABLE' });
  });
});
