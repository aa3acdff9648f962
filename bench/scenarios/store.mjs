import { BYTES, worked } from './work.mjs';

const STORES = ['Warren', 'Warren, memory store', 'Warren, Redis store'];

/** What a job store costs: against Warren without one. */
export const store = (quick) => {
  const systems = quick ? ['Warren', 'Warren, Redis store'] : STORES;
  const count = quick ? 8_000 : 40_000;
  const enqueued = {
    title: 'enqueue, 100 in flight',
    systems,
    async measure(stage, system) {
      const producer = await stage.producer(system);
      const { perSecond, cpuUs } = await producer.call('send', {
        count,
        inFlight: 100,
        bytes: BYTES,
        warmUp: count / 4,
      });
      await producer.call('purge');
      return { 'jobs/s': perSecond, 'CPU us/job': cpuUs };
    },
  };
  const concurrencies = quick ? [100] : [1, 10, 100, 500];
  return [enqueued, ...concurrencies.map((concurrency) => worked(concurrency, systems, quick))].map(
    (scenario) => ({ ...scenario, title: `store: ${scenario.title}` }),
  );
};
