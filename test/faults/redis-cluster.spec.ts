import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import type { JobStore } from 'nestjs-warren/ports';
import { LIBRARIES, RedisApp } from '../support/redis-app.js';
import { RedisCluster } from '../support/redis-node.js';
import { claimOf, runJob } from '../support/store-jobs.js';
import { until } from '../support/until.js';

/** More than that in a second and a half is no pause between two tries. */
const MOST_TRIES = 150;
const WATCHED_MS = 1_500;

let cluster: RedisCluster;
let app: RedisApp;

beforeAll(async () => {
  cluster = await RedisCluster.start();
}, 90_000);
beforeEach(() => {
  app = new RedisApp(cluster.ports);
  app.redis.on('error', () => undefined);
});
afterEach(() => app.dispose());
afterAll(() => cluster.stop());

/** Takes connections in the place of the cluster and ends them at once; how many came. */
async function triesOf(ms: number): Promise<number> {
  let tries = 0;
  const servers: Server[] = [];
  for (const port of cluster.ports) {
    const server = createServer((socket) => {
      tries += 1;
      socket.destroy();
    });
    servers.push(server.listen(port, '127.0.0.1'));
    await once(server, 'listening');
  }
  const endAt = Date.now() + ms;
  await until(() => Date.now() > endAt, 'it was watched for long enough');
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return tries;
}

describe.each(LIBRARIES)('a Redis Cluster of which all nodes are killed, by %s', (library) => {
  it('is tried now and then, and those who wait for an end are called when it is back', async () => {
    const store: JobStore = await app.store(library);
    let calls = 0;
    await store.reads!.watch('1', () => (calls += 1));
    await cluster.kill();
    expect(await triesOf(WATCHED_MS)).toBeLessThan(MOST_TRIES);
    await cluster.run();
    await until(() => calls > 0, 'the watcher was called, for an end may have been missed');
    await until(() => store.status().state === 'up', 'the store is up');
    const before = calls;
    await runJob(store, claimOf('1'), { kind: 'completed', result: '1' });
    await until(() => calls > before, 'the end was told');
  });
});
