import { randomBytes } from 'node:crypto';
import { createClient, createCluster } from 'redis';
import { Cluster, Redis } from 'ioredis';
import {
  RedisJobStore,
  fromIoRedis,
  fromNodeRedis,
  type RedisClient,
  type RedisJobStoreOptions,
} from 'nestjs-warren-redis';
import type { Logger } from 'nestjs-warren/ports';
import { redisUrl } from './services.js';

export type Library = 'node-redis' | 'ioredis';
export const LIBRARIES: readonly Library[] = ['node-redis', 'ioredis'];

export interface OpenClient {
  readonly client: RedisClient;
  readonly close: () => Promise<void>;
}

/** A client as an application makes it. */
export async function openClient(library: Library, url = redisUrl()): Promise<OpenClient> {
  if (library === 'ioredis') {
    const client = new Redis(url);
    return { client: fromIoRedis(client), close: async () => client.disconnect() };
  }
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  return { client: fromNodeRedis(client), close: async () => client.destroy() };
}

export async function openCluster(library: Library, ports: readonly number[]): Promise<OpenClient> {
  if (library === 'ioredis') {
    const client = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })));
    return { client: fromIoRedis(client), close: async () => client.disconnect() };
  }
  const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
  client.on('error', () => undefined);
  await client.connect();
  return { client: fromNodeRedis(client), close: async () => client.destroy() };
}

/** Stores of one application with a name of its own, and a look at Redis beside them; all goes with `dispose`. */
export class RedisApp {
  readonly app = `t-${randomBytes(6).toString('hex')}`;
  readonly prefix = `warren:{${this.app}}:`;
  /** What the stores wrote, as `level: line`. */
  readonly lines: string[] = [];
  /** For a look beside the store. */
  readonly redis: Redis | Cluster;
  private readonly closers: Array<() => Promise<unknown>> = [];

  /** With ports: of a cluster. */
  constructor(private readonly ports?: readonly number[]) {
    this.redis = ports
      ? new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })))
      : new Redis(redisUrl());
    this.closers.push(async () => this.redis.disconnect());
  }

  async store(library: Library, options: Partial<RedisJobStoreOptions> = {}): Promise<RedisJobStore> {
    const { client, close } = this.ports ? await openCluster(library, this.ports) : await openClient(library);
    const store = this.make({ client, ...options });
    this.closers.unshift(close);
    await store.start();
    return store;
  }

  /** Not started; closed at the end. */
  make(options: Partial<RedisJobStoreOptions>): RedisJobStore {
    const write = (level: keyof Logger) => (line: string) => void this.lines.push(`${level}: ${line}`);
    const logger = { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
    // No test is to depend on the speed of its machine; those about the limit give their own.
    const store = new RedisJobStore({ app: this.app, logger, timeout: '30s', ...options });
    this.closers.unshift(() => store.close());
    return store;
  }

  /** Its keys, without the prefix. */
  async keys(): Promise<string[]> {
    const nodes = this.redis instanceof Cluster ? this.redis.nodes('master') : [this.redis];
    const found: string[] = [];
    for (const node of nodes) {
      for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
        const [next, keys] = await node.scan(cursor, 'MATCH', `warren:{${this.app}}:*`, 'COUNT', 10_000);
        cursor = next;
        found.push(...keys);
      }
    }
    return found.map((key) => key.slice(this.prefix.length)).sort();
  }

  /** As if the time had passed: keys expire sooner, and instants of creation and in indices are earlier. */
  async age(ms: number): Promise<void> {
    for (const key of (await this.keys()).map((name) => `${this.prefix}${name}`)) {
      const leftMs = await this.redis.pttl(key);
      // Redis drops at once what has no time left.
      if (leftMs >= 0) await this.redis.pexpire(key, Math.max(0, Math.round(leftMs - ms)));
      const isJob = key.startsWith(`${this.prefix}j:`) && (leftMs < 0 || leftMs > ms);
      if (isJob) await this.ageJob(key, ms);
      if (!/^[ei]:/.test(key.slice(this.prefix.length))) continue;
      for (const member of await this.redis.zrange(key, '0', '-1'))
        await this.redis.zincrby(key, -ms, member);
    }
  }

  /** Its instant of creation stands before its marks: see `standing` in libs/redis/src/scripts/shared.ts. */
  private async ageJob(key: string, ms: number): Promise<void> {
    const standing = (await this.redis.hget(key, 'S')) ?? '';
    const aged = standing.replace(
      / (\d+) (?=(?:-|T?X|T)(?: |$))/,
      (_, created: string) => ` ${Number(created) - Math.round(ms)} `,
    );
    await this.redis.hset(key, 'S', aged);
  }

  async clear(): Promise<void> {
    const keys = await this.keys();
    for (let at = 0; at < keys.length; at += 1_000) {
      await this.redis.del(...keys.slice(at, at + 1_000).map((key) => `${this.prefix}${key}`));
    }
  }

  async dispose(): Promise<void> {
    const closers = [...this.closers];
    const last = closers.pop()!;
    for (const close of closers) await close();
    await this.clear();
    await last();
  }
}
