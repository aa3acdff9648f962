/** A `Redis`, or a `Cluster` where it says so. */
export interface IoRedisNode {
  readonly status: string;
  readonly isCluster?: boolean;
  readonly options: {
    readonly host?: string;
    readonly port?: number;
    readonly path?: string;
    readonly keyPrefix?: string;
  };
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  off(event: string, listener: (...values: unknown[]) => void): unknown;
  call(command: string, ...args: readonly string[]): Promise<unknown>;
  pipeline(): Pipeline;
  nodes?(role: 'master'): IoRedisNode[];
  duplicate(overrides: object): IoRedisNode;
  connect(): Promise<unknown>;
  disconnect(): void;
  subscribe(...channels: readonly string[]): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
}

interface Pipeline {
  call(command: string, ...args: readonly string[]): unknown;
  exec(): Promise<ReadonlyArray<readonly [Error | null, unknown]> | null>;
}
