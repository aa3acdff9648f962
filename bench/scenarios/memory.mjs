import { BYTES } from './work.mjs';

/** Resident memory of a worker after 40,000 jobs, against a Nest application without anything. */
export const memory = () => [
  {
    title: 'worker after 40,000 jobs',
    systems: ['Nest alone', 'raw amqplib', 'Warren', 'Warren, Redis store'],
    async measure(stage, system) {
      if (system !== 'Nest alone') {
        const { 'worker MB': mb } = await stage.workOff(system, {
          count: 40_000,
          bytes: BYTES,
          concurrency: 100,
        });
        return { MB: mb };
      }
      const host = await stage.nest();
      try {
        return { MB: (await host.call('memory')) / 1e6 };
      } finally {
        await host.stop();
      }
    },
  },
];
