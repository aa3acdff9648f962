import { createClient } from 'redis';
import { Redis } from 'ioredis';
import { RedisJobStore, fromIoRedis, fromNodeRedis, type RedisJobStoreOptions } from 'nestjs-warren-redis';
import type { Logger } from 'nestjs-warren/ports';
import { LIBRARIES, openClient, type Library } from '../support/redis-app.js';
import { RedisNode } from '../support/redis-node.js';
import { claimOf, newJob, runJob } from '../support/store-jobs.js';
import { until } from '../support/until.js';

/** What the store does when Redis is down, slow, full or read-only. Each case has a Redis of its own. */

const TIMEOUT_MS = 300;

let node: RedisNode;
let lines: string[];
const closers: Array<() => Promise<unknown>> = [];

beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await node.stop();
});

async function startNode(...settings: readonly string[]): Promise<void> {
  node = await RedisNode.start(...settings);
}

async function makeStore(options: Partial<RedisJobStoreOptions> = {}): Promise<RedisJobStore> {
  const write = (level: string) => (line: string) => void lines.push(`${level}: ${line}`);
  const logger: Logger = {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
  };
  const store = new RedisJobStore({ app: 'faults', timeout: TIMEOUT_MS, logger, ...options });
  closers.push(() => store.close());
  return store;
}

async function storeBy(library: Library): Promise<RedisJobStore> {
  const { client, close } = await openClient(library, node.url);
  closers.push(close);
  const store = await makeStore({ client });
  await store.start();
  return store;
}

const isUnavailable = { code: 'WARREN_STORE_UNAVAILABLE' };

async function untilUp(store: RedisJobStore): Promise<void> {
  await until(() => store.status().state === 'up', 'the store is up again');
}

describe.each(LIBRARIES)('the job store in Redis, by the client of %s', (library) => {
  it('says so when Redis is killed, and heals when it is back, empty', async () => {
    await startNode();
    const store = await storeBy(library);
    await store.records.enqueued([newJob('1')]);
    await node.kill();
    await expect(store.records.claim([claimOf('1')])).rejects.toMatchObject(isUnavailable);
    expect(store.status().state).toBe('down');
    const before = Date.now();
    await expect(store.reads.get(['1'])).rejects.toMatchObject(isUnavailable);
    expect(Date.now() - before).toBeLessThan(TIMEOUT_MS * 3);
    await node.run();
    await untilUp(store);
    expect(await store.records.claim([claimOf('1')])).toEqual([{ kind: 'run', run: 1 }]);
    expect(lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
    expect(lines).toContain('info: The job store answers again.');
  });

  it('gives up a call after the time limit when Redis stands still, and heals when it goes on', async () => {
    await startNode();
    const store = await storeBy(library);
    node.freeze();
    await expect(store.records.enqueued([newJob('1')])).rejects.toMatchObject(isUnavailable);
    expect(store.status()).toMatchObject({
      state: 'down',
      text: expect.stringContaining('no answer within 300 ms'),
    });
    node.thaw();
    await untilUp(store);
    await store.records.enqueued([newJob('2')]);
    expect((await store.reads.get(['2']))[0]?.state).toBe('queued');
  });

  it('says that Redis is full, and heals when there is room', async () => {
    await startNode();
    const store = await storeBy(library);
    await store.records.enqueued([newJob('1')]);
    await node.command('CONFIG', 'SET', 'maxmemory', '1');
    await expect(store.records.enqueued([newJob('2')])).rejects.toMatchObject(isUnavailable);
    expect(store.status().text).toMatch(/OOM.*Raise `maxmemory`/);
    await node.command('CONFIG', 'SET', 'maxmemory', '0');
    await untilUp(store);
    await store.records.enqueued([newJob('2')]);
    expect((await store.reads.get(['1', '2'])).map((job) => job?.id)).toEqual(['1', '2']);
  });

  it('says that Redis is a read-only replica, and heals when it is made primary', async () => {
    await startNode();
    const store = await storeBy(library);
    await node.command('REPLICAOF', '127.0.0.1', '1');
    await expect(store.records.enqueued([newJob('1')])).rejects.toMatchObject(isUnavailable);
    expect(store.status().text).toMatch(/READONLY/);
    await node.command('REPLICAOF', 'NO', 'ONE');
    await untilUp(store);
    await store.records.enqueued([newJob('1')]);
  });

  it('calls those who watch after a lost connection, hears of ends again, and closes whenever the next one comes', async () => {
    await startNode();
    const store = await storeBy(library);
    let calls = 0;
    await store.reads.watch('1', () => (calls += 1));
    await node.kill();
    await node.run();
    await until(() => calls > 0, 'the watcher was called, for an end may have been missed');
    // The connection that listens may be back before the one that asks.
    await untilUp(store);
    const before = calls;
    await runJob(store, claimOf('1'), { kind: 'completed', result: '1' });
    await until(() => calls > before, 'the end was told');
    for (let round = 0; round < 5; round += 1) {
      const other = await storeBy(library);
      await other.reads.watch('2', () => undefined);
      await node.kill();
      await node.run();
      await other.close();
    }
  });

  it('gives scripts to a Redis that forgot them', async () => {
    await startNode();
    const store = await storeBy(library);
    await store.records.enqueued([newJob('0')]);
    await node.command('SCRIPT', 'FLUSH');
    await store.records.enqueued([newJob('1'), newJob('2')]);
    expect((await store.reads.get(['1', '2'])).map((job) => job?.id)).toEqual(['1', '2']);
  });

  it('lets calls wait for a Redis that is back in a moment', async () => {
    await startNode();
    const { client, close } = await openClient(library, node.url);
    closers.push(close);
    const store = await makeStore({ client, timeout: '20s' });
    await store.start();
    await node.kill();
    await until(() => !client.isReady(), 'the client has noticed');
    const enqueued = store.records.enqueued([newJob('1')]);
    await node.run();
    await enqueued;
    expect((await store.reads.get(['1']))[0]?.state).toBe('queued');
  });
});

describe('starting the job store in Redis', () => {
  it('resolves without Redis, and is up when Redis comes', async () => {
    await startNode();
    await node.kill();
    const store = await makeStore({ url: node.url });
    await store.start();
    expect(store.status().state).toBe('down');
    await node.run();
    await untilUp(store);
    await store.records.enqueued([newJob('1')]);
  });

  it('refuses a wrong password, without saying it', async () => {
    await startNode('--requirepass', 'right');
    const store = await makeStore({ url: node.url.replace('//', '//:wrong-one@') });
    const started = store.start();
    await expect(started).rejects.toMatchObject({ code: 'WARREN_ACCESS_REFUSED' });
    await expect(started).rejects.toMatchObject({ message: expect.not.stringContaining('wrong-one') });
    expect(store.status().text).not.toContain('wrong-one');
  });

  it('warns of an eviction policy that forgets jobs', async () => {
    await startNode('--maxmemory-policy', 'allkeys-lru');
    await (await makeStore({ url: node.url })).start();
    expect(lines).toEqual([expect.stringMatching(/^warn: .*maxmemory-policy allkeys-lru.*noeviction/)]);
  });

  it('says nothing of a Redis that is as it should be', async () => {
    await startNode();
    await (await makeStore({ url: node.url })).start();
    expect(lines).toEqual([]);
  });

  it('goes on where INFO is forbidden', async () => {
    await startNode();
    await node.command('ACL', 'SETUSER', 'default', '-info');
    const store = await makeStore({ url: node.url });
    await store.start();
    await store.records.enqueued([newJob('1')]);
    expect(lines).toEqual([expect.stringMatching(/^info: .*INFO/)]);
  });

  it('never closes a client that it was given', async () => {
    await startNode();
    const nodeRedis = createClient({ url: node.url });
    await nodeRedis.connect();
    const ioredis = new Redis(node.url);
    closers.push(
      async () => nodeRedis.destroy(),
      async () => ioredis.disconnect(),
    );
    for (const client of [fromNodeRedis(nodeRedis), fromIoRedis(ioredis)]) {
      const store = await makeStore({ client });
      await store.start();
      await store.close();
    }
    expect([await nodeRedis.ping(), await ioredis.ping()]).toEqual(['PONG', 'PONG']);
  });

  it('survives a client that is not connected and has no listener for errors', async () => {
    await startNode();
    await node.kill();
    const client = createClient({ url: node.url });
    const store = await makeStore({ client: fromNodeRedis(client) });
    client.connect().catch(() => undefined);
    closers.push(async () => client.destroy());
    await store.start();
    expect(store.status().state).toBe('down');
    await node.run();
    await untilUp(store);
  });
});
