import { BYTES } from './work.mjs';

const COUNT = 20_000;

/** The same jobs with more of them waiting behind. */
export const backlog = () =>
  [0, 100_000, 500_000].map((behind) => ({
    title: `${behind} jobs behind`,
    systems: ['raw amqplib', 'Warren'],
    rounds: 1,
    measure: (stage, system) =>
      stage.workOff(system, {
        count: COUNT * 1.25,
        warmUp: COUNT / 4,
        bytes: BYTES,
        concurrency: 100,
        behind,
      }),
  }));
