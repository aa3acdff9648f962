import {
  asError,
  asText,
  type RedisClient,
  type RedisSubscriber,
  type SubscriberListener,
} from './client.js';
import { IoRedisClusterEar } from './ioredis-cluster-ear.js';
import type { IoRedisNode } from './ioredis-node.js';

/** The part of ioredis (5.4 or newer) that is used. `new Redis` and `new Redis.Cluster` both make one. */
export interface IoRedisLike {
  readonly status: string;
  on(event: string, listener: (error: unknown) => void): unknown;
  pipeline(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
  connect(...args: never[]): Promise<unknown>;
  disconnect(...args: never[]): void;
}

/** ioredis cannot know where these go; any node will do. */
const KEYLESS = new Set(['INFO']);

/**
 * The application's own client or cluster of ioredis 5.4 or newer. It stays the application's: close it after the
 * store is closed. A `keyPrefix` is refused when the store is made: scripts would not know of it.
 *
 * The store listens to its `error` events, so that an application that does not is spared ioredis's lines about them.
 */
export function fromIoRedis(client: IoRedisLike): RedisClient {
  return new IoRedis(client as unknown as IoRedisNode, 'given');
}

export class IoRedis implements RedisClient {
  readonly library = 'ioredis';
  readonly address: string;
  readonly isCluster: boolean;
  readonly keyPrefix: string | undefined;

  constructor(
    private readonly client: IoRedisNode,
    private readonly owner: 'given' | 'own',
    address?: string,
  ) {
    const { path, host, port, keyPrefix } = client.options;
    this.keyPrefix = keyPrefix === '' ? undefined : keyPrefix;
    this.isCluster = client.isCluster === true;
    this.address = address ?? (client.isCluster ? 'the given cluster' : (path ?? `${host}:${port}`));
  }

  isReady(): boolean {
    return this.client.status === 'ready';
  }

  async send(_key: string, commands: readonly (readonly string[])[]): Promise<unknown[]> {
    if (commands.length === 1) return [await this.sendOne(commands[0]!)];
    const pipeline = this.client.pipeline();
    for (const [name, ...args] of commands) pipeline.call(name!, ...args);
    try {
      const answers = (await pipeline.exec()) ?? [];
      return commands.map((_, index) => {
        const [error, answer] = answers[index] ?? [new Error('The pipeline gave no answer.'), undefined];
        return error ?? asText(answer);
      });
    } catch (error) {
      return commands.map(() => asError(error));
    }
  }

  private async sendOne([name, ...args]: readonly string[]): Promise<unknown> {
    try {
      const node = KEYLESS.has(name!) ? (this.client.nodes?.('master')[0] ?? this.client) : this.client;
      return asText(await node.call(name!, ...args));
    } catch (error) {
      return asError(error);
    }
  }

  async subscriber(listener: SubscriberListener): Promise<RedisSubscriber> {
    const { client } = this;
    if (client.isCluster) {
      const ear = new IoRedisClusterEar(client, listener);
      await ear.open();
      return ear;
    }
    // What ioredis itself subscribes anew rejects unheard when the connection is closed meanwhile, which ends the process.
    const own = client.duplicate({ lazyConnect: true, autoResubscribe: false });
    const channels = new Set<string>();
    let wasReady = false;
    own.on('error', () => undefined);
    own.on('message', (channel, message) => listener.onMessage(channel as string, message as string));
    own.on('ready', () => {
      if (!wasReady) return;
      // One that fails does so by the end of this connection, and the next one is ready again.
      void Promise.allSettled([...channels].map((channel) => own.subscribe(channel))).then(() =>
        listener.onReconnected(),
      );
    });
    try {
      await own.connect();
    } catch (error) {
      own.disconnect();
      throw error;
    }
    wasReady = true;
    return {
      subscribe: async (channel) => {
        channels.add(channel);
        await own.subscribe(channel);
      },
      unsubscribe: async (channel) => {
        channels.delete(channel);
        await own.unsubscribe(channel);
      },
      close: async () => own.disconnect(),
    };
  }

  open(onError: (error: unknown) => void): void {
    this.client.on('error', onError);
    // One that was made with `lazyConnect` waits to be asked.
    if (this.client.status === 'wait') this.client.connect().catch(onError);
  }

  async close(): Promise<void> {
    if (this.owner === 'own') this.client.disconnect();
  }
}
