/** From the start of the worker's process to its first job, which waits. */
export const boot = () => [
  {
    title: 'start of the process to its first job',
    systems: ['raw amqplib', 'Warren', 'Warren, Redis store'],
    async measure(stage, system) {
      const producer = await stage.producer(system);
      await producer.call('send', { count: 1, inFlight: 1, bytes: 200 });
      const worker = await stage.worker(system, { concurrency: 1 });
      try {
        await worker.call('work');
        const [{ firstAt }] = await stage.untilDone([worker], 1);
        return { ms: firstAt - worker.forkedAt };
      } finally {
        await worker.stop();
      }
    },
  },
];
