import { WarrenError, redactUrls } from 'nestjs-warren/ports';
import type { RedisClient, RedisSubscriber, SubscriberListener } from './client.js';
import { IoRedis } from './ioredis.js';
import { NodeRedis } from './node-redis.js';

/** Longest wait between two tries to connect. */
const LONGEST_WAIT_MS = 2_000;

/** A client of the store's own. Which library makes it is known when it is loaded, before the store starts. */
export class ClientByUrl implements RedisClient {
  readonly address: string;
  /** The URL is that of one server. */
  readonly isCluster = false;
  private made: RedisClient | undefined;

  constructor(private readonly url: string) {
    this.address = redactUrls(url);
  }

  get library(): string {
    return this.made?.library ?? 'url';
  }

  /**
   * @param name shown in Redis's list of clients
   * @throws WarrenError WARREN_CONFIGURATION when neither library is installed.
   */
  async load(name: string, libraries?: Libraries): Promise<void> {
    this.made ??= await clientByUrl(this.url, name, libraries);
  }

  isReady(): boolean {
    return this.made?.isReady() ?? false;
  }

  async send(key: string, commands: readonly (readonly string[])[]): Promise<unknown[]> {
    return this.made?.send(key, commands) ?? commands.map(() => new Error('The job store is not started.'));
  }

  async subscriber(listener: SubscriberListener): Promise<RedisSubscriber> {
    if (!this.made) throw new Error('The job store is not started.');
    return this.made.subscriber(listener);
  }

  open(onError: (error: unknown) => void): void {
    this.made?.open(onError);
  }

  async close(): Promise<void> {
    await this.made?.close();
  }
}

/** How the libraries are loaded; undefined: it is not installed. */
export interface Libraries {
  redis(): Promise<typeof import('redis') | undefined>;
  ioredis(): Promise<Pick<typeof import('ioredis'), 'Redis'> | undefined>;
}

const INSTALLED: Libraries = {
  redis: () => ifInstalled('redis', () => import('redis')),
  ioredis: () => ifInstalled('ioredis', () => import('ioredis')),
};

async function clientByUrl(url: string, name: string, libraries = INSTALLED): Promise<RedisClient> {
  const address = redactUrls(url);
  const nodeRedis = await libraries.redis();
  if (nodeRedis) {
    const client = nodeRedis.createClient({
      url,
      name,
      // A command that waited would be sent long after its caller gave it up.
      disableOfflineQueue: true,
      socket: { reconnectStrategy: (tries) => waitMs(tries) },
    });
    return new NodeRedis(client, 'own', address);
  }
  const ioredis = await libraries.ioredis();
  if (ioredis) {
    const client = new ioredis.Redis(url, {
      connectionName: name,
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (tries) => waitMs(tries),
    });
    return new IoRedis(client, 'own', address);
  }
  throw new WarrenError(
    'WARREN_CONFIGURATION',
    `RedisJobStore was given the url ${address}, and neither 'redis' nor 'ioredis' is installed. Run \`npm install redis\` (or \`npm install ioredis\`), or give the client that the application has: \`client: fromNodeRedis(client)\` or \`client: fromIoRedis(client)\`.`,
  );
}

function waitMs(tries: number): number {
  return Math.min(50 * 2 ** Math.min(tries, 10), LONGEST_WAIT_MS);
}

/** What goes wrong inside of the library is its own error. */
async function ifInstalled<Module>(name: string, load: () => Promise<Module>): Promise<Module | undefined> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message?: string };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    if (isMissing && message?.includes(`'${name}'`)) return undefined;
    throw error;
  }
}
