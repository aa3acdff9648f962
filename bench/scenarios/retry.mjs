/** Jobs whose first attempt fails: what it costs to publish them into the delay levels and to take them again. */
export const retry = () => [
  {
    title: 'each job fails once, concurrency 100',
    systems: ['Warren', 'Warren, Redis store'],
    measure: (stage, system) =>
      stage.workOff(system, { count: 5_000, bytes: 200, concurrency: 100, failures: 1 }),
  },
];
