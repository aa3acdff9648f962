import { random } from '../../scripts/random.mjs';
import { percentile } from '../figures.mjs';

const COUNT = 1_000;
const [FROM_MS, TO_MS] = [100, 5_000];

/** How late delayed jobs start that are all enqueued at once. Negative is early, and none may be. */
export const delay = () => [
  {
    title: `${COUNT} jobs with delays of 0.1-5 s`,
    systems: ['Warren'],
    rounds: 1,
    async measure(stage, system) {
      const next = random(1);
      const delaysMs = Array.from({ length: COUNT }, () => Math.round(FROM_MS + next() * (TO_MS - FROM_MS)));
      const producer = await stage.producer(system);
      const worker = await stage.worker(system, { concurrency: 100 });
      try {
        await worker.call('work');
        await producer.call('delay', { delaysMs });
        await stage.untilDone([worker], COUNT);
        const late = await worker.call('lateness');
        return {
          'least ms late': late[0],
          'p50 ms late': percentile(late, 0.5),
          'p99 ms late': percentile(late, 0.99),
        };
      } finally {
        await worker.stop();
      }
    },
  },
];
