/** Larger payloads; 200 bytes are those of `work`. */
const JOBS = { 10_000: 30_000, 100_000: 8_000 };

export const size = () =>
  Object.entries(JOBS).map(([bytes, count]) => ({
    title: `work, concurrency 100, ${bytes / 1_000} KB`,
    systems: ['raw amqplib', 'Warren'],
    measure: (stage, system) =>
      stage.workOff(system, {
        count: count * 1.25,
        warmUp: count / 4,
        bytes: Number(bytes),
        concurrency: 100,
      }),
  }));
