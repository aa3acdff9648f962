import { EventEmitter } from 'node:events';
import {
  asError,
  asText,
  type RedisClient,
  type RedisSubscriber,
  type SubscriberListener,
} from './client.js';

/** The part of node-redis (5 or newer) that is used. `createClient` and `createCluster` both make one. */
export interface NodeRedisLike {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  on(event: string, listener: (error: unknown) => void): unknown;
  // Of a client (args, options) and of a cluster (key, isReadonly, args, options).
  sendCommand(...args: never[]): Promise<unknown>;
  duplicate(...args: never[]): unknown;
}

interface Connected {
  readonly isOpen: boolean;
  readonly isReady?: boolean;
  readonly options?: {
    readonly url?: string;
    readonly socket?: { host?: string; port?: number; path?: string };
  };
  connect(): Promise<unknown>;
  on(event: string, listener: (value: unknown) => void): unknown;
  duplicate(): Connected;
  destroy(): void;
  subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
}

type SendToOne = (args: readonly string[], options: object) => Promise<unknown>;
type SendToCluster = (
  key: string,
  isReadonly: boolean,
  args: readonly string[],
  options: object,
) => Promise<unknown>;

// An application may have its client make Buffers or numbers of what Redis says.
const PLAIN = { typeMapping: {}, timeout: undefined };

/**
 * The application's own client or cluster of node-redis 5 or newer. It stays the application's: connect it before the
 * store starts, and close it after the store is closed.
 *
 * The store listens to its `error` events, so that an application that does not is not ended by them.
 */
export function fromNodeRedis(client: NodeRedisLike): RedisClient {
  return new NodeRedis(client as unknown as Connected, 'given');
}

export class NodeRedis implements RedisClient {
  readonly library = 'node-redis';
  readonly address: string;
  readonly isCluster: boolean;

  constructor(
    private readonly client: Connected,
    private readonly owner: 'given' | 'own',
    address?: string,
  ) {
    this.isCluster = 'slots' in client && 'masters' in client;
    this.address = address ?? (this.isCluster ? 'the given cluster' : addressOf(client));
    if (owner === 'given' && client instanceof EventEmitter) client.on('error', () => undefined);
  }

  isReady(): boolean {
    // A cluster of node-redis 5 does not say; its nodes find out.
    return this.client.isReady ?? this.client.isOpen;
  }

  send(key: string, commands: readonly (readonly string[])[]): Promise<unknown[]> {
    // What is sent in one turn of the event loop goes out in one write.
    return Promise.all(commands.map((command) => this.sendOne(key, command)));
  }

  private async sendOne(key: string, command: readonly string[]): Promise<unknown> {
    try {
      const { client } = this;
      const answer = await (this.isCluster
        ? (client as unknown as { sendCommand: SendToCluster }).sendCommand(key, false, command, PLAIN)
        : (client as unknown as { sendCommand: SendToOne }).sendCommand(command, PLAIN));
      return asText(answer);
    } catch (error) {
      return asError(error);
    }
  }

  async subscriber(listener: SubscriberListener): Promise<RedisSubscriber> {
    const own = this.client.duplicate();
    let wasReady = false;
    // Told by the calls that fail; an unheard event would end the process.
    own.on('error', () => undefined);
    for (const event of ['ready', 'node-ready']) {
      own.on(event, () => {
        if (wasReady) listener.onReconnected();
      });
    }
    try {
      await own.connect();
    } catch (error) {
      end(own);
      throw error;
    }
    wasReady = true;
    return {
      subscribe: async (channel) => {
        await own.subscribe(channel, (message, name) => listener.onMessage(name, message));
      },
      unsubscribe: async (channel) => {
        await own.unsubscribe(channel);
      },
      close: async () => end(own),
    };
  }

  open(onError: (error: unknown) => void): void {
    this.client.on('error', onError);
    if (this.owner === 'own') this.client.connect().catch(onError);
  }

  async close(): Promise<void> {
    if (this.owner === 'own') end(this.client);
  }
}

/** `destroy` throws for a client that is closed already. */
function end(client: Connected): void {
  if (client.isOpen) client.destroy();
}

function addressOf({ options }: Connected): string {
  const socket = options?.socket;
  if (socket?.path !== undefined) return socket.path;
  return `${socket?.host ?? 'localhost'}:${socket?.port ?? 6379}`;
}
