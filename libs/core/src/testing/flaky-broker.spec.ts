import { createMemoryBroker } from '../broker/memory/index.js';
import { WarrenError } from '../kernel/errors/index.js';
import { message, Scene } from './contract/scene.js';
import { BrokerFaults, flakyBroker } from './flaky-broker.js';
import { ManualClock } from './manual-clock.js';

describe('the flaky broker', () => {
  const error = new WarrenError('WARREN_PUBLISH_TIMEOUT', 'no answer');

  async function start() {
    const clock = new ManualClock();
    const broker = createMemoryBroker({ clock });
    const faults = new BrokerFaults(clock);
    const flaky = flakyBroker(broker, faults);
    const scene = new Scene({
      broker: flaky,
      connect: () => Promise.reject(error),
      dispose: () => flaky.close(),
    });
    return { clock, faults, flaky, scene, queue: await scene.queue() };
  }

  it('fails as many publishes as ordered, and nothing arrives', async () => {
    const { faults, flaky, scene, queue } = await start();
    faults.failPublishes(2, error);
    expect(faults.outstanding).toBe(2);
    await expect(scene.publish(queue, 'a')).rejects.toBe(error);
    await expect(scene.publish(queue, 'b')).rejects.toBe(error);
    await scene.publish(queue, 'c');
    expect(await flaky.stats(queue)).toMatchObject({ ready: 1 });
    expect(faults.outstanding).toBe(0);
  });

  it('loses confirms of publishes that took effect', async () => {
    const { faults, flaky, scene, queue } = await start();
    faults.loseConfirms(1, error);
    await expect(scene.publish(queue, 'a')).rejects.toBe(error);
    expect(await flaky.stats(queue)).toMatchObject({ ready: 1 });
  });

  it('publishes twice', async () => {
    const { faults, flaky, scene, queue } = await start();
    faults.duplicatePublishes(1);
    await scene.publishAll(queue, ['a', 'b']);
    expect(await flaky.stats(queue)).toMatchObject({ ready: 3 });
  });

  it('fails to bury', async () => {
    const { faults, flaky, queue } = await start();
    faults.failBuries(1, error);
    await expect(flaky.bury(message('a'), queue)).rejects.toBe(error);
    await flaky.bury(message('b'), queue);
    expect(await flaky.stats(queue)).toMatchObject({ deadLetters: 1 });
  });

  it('takes its time', async () => {
    const { clock, faults, flaky, scene, queue } = await start();
    faults.slowDown(100);
    const published = scene.publish(queue, 'a');
    await clock.advance(99);
    expect(await flaky.stats(queue)).toMatchObject({ ready: 0 });
    await clock.advance(1);
    await published;
    expect(await flaky.stats(queue)).toMatchObject({ ready: 1 });
  });
});
