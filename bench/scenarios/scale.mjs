import { BYTES } from './work.mjs';

const COUNT = 40_000;
const at100 = { bytes: BYTES, concurrency: 100, count: COUNT, warmUp: COUNT / 4 };

/** More processes, and more types of jobs in one. */
export const scale = () => [
  ...[1, 2, 4].map((workers) => ({
    title: `${workers} worker ${workers === 1 ? 'process' : 'processes'}`,
    systems: ['raw amqplib', 'Warren'],
    measure: (stage, system) => stage.workOff(system, { ...at100, workers }),
  })),
  ...[1, 100, 1_000].map((types) => ({
    title: `${types} ${types === 1 ? 'type' : 'types'} of jobs`,
    systems: ['Warren'],
    measure: (stage, system) => stage.workOff(system, { ...at100, types }),
  })),
];
