import type { Warren } from 'nestjs-warren/standalone';
import type { GaugeKey } from '../names.js';
import type { Labels, MetricsPort } from './port.js';

type Read = ReadonlyArray<readonly [Labels, number]>;

/** What this process knows of itself whenever it is asked: its worker, its connection, its store. */
export function addProcessGauges(port: MetricsPort, warren: Warren, connection: string): void {
  const add = (key: GaugeKey, read: () => Read) =>
    port.gauge(key, () => read().map(([labels, value]) => ({ labels: { connection, ...labels }, value })));
  const one = (value: number | undefined): Read => (value === undefined ? [] : [[{}, value]]);
  const ofBroker = (state: string) => one(Number(warren.status().state === state));
  const isConnected = () => ['connected', 'blocked'].includes(warren.status().state);
  add('brokerUp', () => one(Number(isConnected())));
  add('brokerBlocked', () => ofBroker('blocked'));
  add('brokerReconnects', () => one(warren.status().reconnects));
  add('zombies', () => one(warren.zombieCount));
  add('concurrency', () =>
    warren.consumedQueues().map((queue) => [{ queue }, warren.concurrencyOf(queue)] as const),
  );
  add('storeUp', () => {
    const health = warren.storeLink.health();
    return one(health && Number(health.state === 'up'));
  });
  add('storeConflicts', () => one(warren.storeLink.health()?.conflicts));
  add('storeLate', () => one(warren.storeLink.health()?.late));
  add('storeDropped', () => one(warren.storeLink.health()?.dropped));
  add('schedulerLeader', () => {
    const { part } = warren.scheduling;
    return one(part && Number(part === 'leads'));
  });
}
