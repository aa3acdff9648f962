const BYTES = 200;

/** @param send `(producer, system) => { perSecond, cpuUs }` */
export function enqueued(title, systems, send) {
  return {
    title: `enqueue, ${title}`,
    systems,
    async measure(stage, system) {
      const producer = await stage.producer(system);
      const { perSecond, cpuUs } = await send(producer, system);
      await producer.call('purge');
      return { 'jobs/s': perSecond, 'CPU us/job': cpuUs };
    },
  };
}

export const enqueue = (quick) => {
  const of = (count) => Math.round(quick ? count / 5 : count);
  // What the broker takes for a message with properties in a queue with dead letters.
  const systems = ['raw amqplib', ...(quick ? [] : ['raw amqplib, same message']), 'Warren'];
  const scenario = (title, send) => enqueued(title, systems, send);
  const oneByOne = scenario('one by one', (producer) =>
    producer.call('send', { count: of(4_000), inFlight: 1, bytes: BYTES, warmUp: of(500) }),
  );
  return [
    ...(quick ? [] : [oneByOne]),
    scenario('100 in flight', (producer) =>
      producer.call('send', { count: of(40_000), inFlight: 100, bytes: BYTES, warmUp: of(10_000) }),
    ),
    scenario('enqueueMany, lists of 500', (producer) =>
      producer.call('sendMany', { count: of(40_000), bytes: BYTES, warmUp: of(10_000) }),
    ),
  ];
};
