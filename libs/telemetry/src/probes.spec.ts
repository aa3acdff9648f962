import type { Moment } from 'nestjs-warren';
import type { Warren } from 'nestjs-warren/standalone';
import { Probes } from './probes.js';

/** A connection that says of itself what a test wants. */
function connection({ queues = ['mail'], state = 'connecting' } = {}) {
  const observers: Array<(moment: Moment) => void> = [];
  const said = { state, text: `broker at amqp://host is ${state}`, consumers: [] as unknown[] };
  const warren = {
    settings: { worker: queues.length > 0 && { autoStart: true } },
    status: () => said,
    consumedQueues: () => queues,
    observe: (observer: (moment: Moment) => void) => observers.push(observer),
  } as unknown as Warren;
  const tell = (kind: string) => observers.forEach((observer) => observer({ kind } as Moment));
  return { warren, said, tell };
}

it('a worker is ready once it takes jobs, and not while it drains', () => {
  const probes = new Probes();
  const { warren, said, tell } = connection();
  probes.add('default', warren);
  expect(probes.ready()).toEqual({ isOk: false, connections: { default: said.text } });
  said.state = 'connected';
  expect(probes.ready().connections).toEqual({ default: 'the worker has not started yet' });
  tell('workerStarted');
  said.consumers = [{ queue: 'mail', attached: false }];
  expect(probes.ready().connections).toEqual({ default: 'no consumer is attached to: mail' });
  expect(probes.started().isOk).toBe(false);
  said.consumers = [{ queue: 'mail', attached: true }];
  expect(probes.ready()).toEqual({ isOk: true, connections: { default: 'ok' } });
  expect(probes.started().isOk).toBe(true);
  tell('workerDraining');
  expect(probes.ready().isOk).toBe(false);
  expect(probes.started().isOk).toBe(true);
});

it('with the broker away a process is not ready, and lives', () => {
  const probes = new Probes();
  const { warren, said } = connection({ queues: [], state: 'connected' });
  probes.add('default', warren);
  expect(probes.ready().isOk).toBe(true);
  expect(probes.started().isOk).toBe(true);
  said.state = 'connecting';
  expect([probes.live().isOk, probes.ready().isOk, probes.started().isOk]).toEqual([true, false, true]);
});

it('a queue that is held back, and a broker with an alarm, make nobody unready', () => {
  const probes = new Probes();
  const { warren, tell } = connection({ state: 'blocked' });
  probes.add('default', warren);
  tell('workerStarted');
  expect(probes.ready().isOk).toBe(true);
});

it('one connection of several is enough to be not ready', () => {
  const probes = new Probes();
  probes.add('default', connection({ queues: [], state: 'connected' }).warren);
  probes.add('billing', connection({ queues: [] }).warren);
  expect(probes.ready()).toMatchObject({ isOk: false, connections: { default: 'ok' } });
});
