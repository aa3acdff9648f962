import { setTimeout as wait } from 'node:timers/promises';
import { jobStoreContract } from 'nestjs-warren/testing';
import { LIBRARIES, RedisApp } from '../support/redis-app.js';
import { RedisCluster } from '../support/redis-node.js';

const DAY_MS = 86_400_000;

/** Redis has a clock of its own, which counts whole milliseconds. */
const passTime = (ms: number): Promise<void> => wait(ms + 5);

for (const library of LIBRARIES) {
  jobStoreContract(`Redis by ${library}`, async () => {
    const app = new RedisApp();
    return {
      store: await app.store(library),
      connect: () => app.store(library),
      passTime,
      passDays: (days) => app.age(days * DAY_MS),
      dispose: () => app.dispose(),
    };
  });

  jobStoreContract(`a Redis Cluster by ${library}`, async () => {
    const cluster = await RedisCluster.start();
    const app = new RedisApp(cluster.ports);
    const dispose = async (): Promise<void> => {
      await app.dispose();
      await cluster.stop();
    };
    return {
      store: await app.store(library),
      connect: () => app.store(library),
      passTime,
      passDays: (days) => app.age(days * DAY_MS),
      dispose,
    };
  });
}
