/** Jobs of each concurrency: enough for a second or two, after half as many that warm up. */
export const JOBS = { 1: 4_000, 10: 20_000, 100: 60_000, 500: 80_000 };
export const BYTES = 200;

export const work = (quick) => [
  ...Object.keys(JOBS).map((concurrency) => worked(Number(concurrency), ['raw amqplib', 'Warren'], quick)),
  ...(quick
    ? []
    : [{ ...worked(100, ['raw amqplib', 'Warren, validated']), title: 'work, concurrency 100, validated' }]),
];

export function worked(concurrency, systems, quick = false) {
  const rated = quick ? JOBS[concurrency] / 4 : JOBS[concurrency];
  const warmUp = rated / 2;
  return {
    title: `work, concurrency ${concurrency}`,
    systems,
    measure: (stage, system) =>
      stage.workOff(system, { count: rated + warmUp, warmUp, bytes: BYTES, concurrency }),
  };
}
