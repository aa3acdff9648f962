import { percentile } from '../figures.mjs';

const CONCURRENCY = 10;

/** From the call of the enqueue to that of the handler, in another process. */
export const latency = (quick) =>
  (quick ? [500] : [10, 500]).map((perSecond) => ({
    title: `latency at ${perSecond}/s`,
    systems: ['raw amqplib', 'Warren'],
    async measure(stage, system) {
      const producer = await stage.producer(system);
      const worker = await stage.worker(system, { concurrency: CONCURRENCY });
      try {
        await worker.call('work');
        const warmUp = Math.min(perSecond, 200);
        await producer.call('pace', { count: warmUp, perSecond: 200, bytes: 200 });
        await stage.untilDone([worker], warmUp);
        await worker.call('forget');
        const count = perSecond * (quick ? 2 : 10);
        await producer.call('pace', { count, perSecond, bytes: 200 });
        await stage.untilDone([worker], warmUp + count);
        const late = await worker.call('lateness');
        return {
          'p50 ms': percentile(late, 0.5),
          'p95 ms': percentile(late, 0.95),
          'p99 ms': percentile(late, 0.99),
        };
      } finally {
        await worker.stop();
      }
    },
  }));
