import { enqueued } from './enqueue.mjs';
import { BYTES, JOBS } from './work.mjs';

const SYSTEMS = [
  'raw amqplib',
  'Warren',
  'Warren, Redis store',
  'Nest RMQ transport',
  'BullMQ',
  'BullMQ, fsync always',
  'pg-boss',
];

const ENQUEUES = {
  'one by one': { count: 4_000, inFlight: 1 },
  '100 in flight': { count: 40_000, inFlight: 100 },
};

/** So many times fewer jobs of the slow ones: a rate needs seconds, not minutes. */
const FEWER = { 'pg-boss': 4 };

/** Other packages that run jobs for Nest, beside raw amqplib and Warren. */
export const peers = (quick) => {
  const of = (count, system) => Math.round(count / (FEWER[system] ?? 1) / (quick ? 5 : 1));
  const enqueues = Object.entries(ENQUEUES).map(([title, { count, inFlight }]) =>
    enqueued(title, SYSTEMS, (producer, system) =>
      producer.call('send', {
        count: of(count, system),
        inFlight,
        bytes: BYTES,
        warmUp: of(count / 4, system),
      }),
    ),
  );
  const works = Object.keys(JOBS).map((concurrency) => workedBy(Number(concurrency), of));
  return [...enqueues, ...works].map((scenario) => ({ ...scenario, title: `peers: ${scenario.title}` }));
};

function workedBy(concurrency, of) {
  return {
    title: `work, concurrency ${concurrency}`,
    systems: SYSTEMS,
    async measure(stage, system) {
      const rated = of(JOBS[concurrency], system);
      // Whole batches, of those that take jobs in batches.
      const warmUp = Math.floor(rated / 4 / concurrency) * concurrency;
      const figures = await stage.workOff(system, {
        count: rated + warmUp,
        warmUp,
        bytes: BYTES,
        concurrency,
      });
      // Some keep jobs that are done, and would look through them in the next round.
      await (await stage.producer(system)).call('purge');
      return figures;
    },
  };
}
