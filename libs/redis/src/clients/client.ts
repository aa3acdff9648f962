/** What the store needs of a Redis client, so that it runs on the one that the application has. */
export interface RedisClient {
  /** `node-redis`, `ioredis`; for messages. */
  readonly library: string;
  /** Where it leads, without credentials; for messages. */
  readonly address: string;
  /** Whether what one node publishes may arrive by another. */
  readonly isCluster: boolean;

  /**
   * Whether commands would go out now. Those of a client that waits for its connection would be sent whenever that
   * comes, long after their callers gave them up.
   */
  isReady(): boolean;

  /**
   * Sends commands in one go, all to the node that holds `key`. Answers in their order, an Error where Redis refused
   * one. Never rejects.
   */
  send(key: string, commands: readonly (readonly string[])[]): Promise<unknown[]>;

  /** A connection of its own for messages. Rejects when none can be made now. */
  subscriber(listener: SubscriberListener): Promise<RedisSubscriber>;

  /** Begins to connect, if that is for the store to do. What goes wrong is told to `onError`. */
  open(onError: (error: unknown) => void): void;
  /** Ends what `open` began; a client that was given stays open. */
  close(): Promise<void>;
}

export interface SubscriberListener {
  onMessage(channel: string, message: string): void;
  /** It lost its connection and has a new one: messages may have been missed. */
  onReconnected(): void;
}

export interface RedisSubscriber {
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  close(): Promise<void>;
}

/** Redis's answers as text, whatever the client was told to make of them. */
export function asText(answer: unknown): unknown {
  if (Buffer.isBuffer(answer)) return answer.toString();
  return Array.isArray(answer) ? answer.map(asText) : answer;
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
