import { EventEmitter } from 'node:events';
import { IoRedisClusterEar } from './ioredis-cluster-ear.js';
import type { IoRedisNode } from './ioredis-node.js';

class FakeNode extends EventEmitter {
  readonly status = 'ready';
  readonly subscribed: string[] = [];

  constructor(readonly options: { readonly host: string; readonly port: number }) {
    super();
  }

  /** Connections that were made to it. */
  readonly connections: FakeNode[] = [];

  duplicate(): FakeNode {
    const made = new FakeNode(this.options);
    this.connections.push(made);
    return made;
  }

  async connect(): Promise<void> {}

  async subscribe(...channels: readonly string[]): Promise<void> {
    this.subscribed.push(...channels);
  }

  async unsubscribe(): Promise<void> {}

  disconnect(): void {
    this.emit('end');
  }
}

class FakeCluster extends EventEmitter {
  constructor(readonly members: FakeNode[]) {
    super();
  }

  nodes(): FakeNode[] {
    return this.members;
  }
}

describe('who listens at a node of a cluster', () => {
  const first = { host: '10.0.0.1', port: 7001 };
  const second = { host: '10.0.0.2', port: 7001 };
  let cluster: FakeCluster;
  let reconnected: Promise<void>;
  let ear: IoRedisClusterEar;

  beforeEach(async () => {
    cluster = new FakeCluster([new FakeNode(first)]);
    reconnected = new Promise((resolve) => {
      ear = new IoRedisClusterEar(cluster as unknown as IoRedisNode, {
        onMessage: () => undefined,
        onReconnected: resolve,
      });
    });
    await ear.open();
    await ear.subscribe('a');
  });

  it('goes to another node when that one leaves the cluster, although it lives on', async () => {
    const [left] = cluster.members;
    const other = new FakeNode(second);
    cluster.members.splice(0, 1, other);
    cluster.emit('-node', new FakeNode(second));
    expect(left!.connections).toHaveLength(1);
    cluster.emit('-node', left);
    await reconnected;
    expect(other.connections[0]!.subscribed).toEqual(['a']);
    await ear.close();
  });

  it('leaves nothing at the cluster, which is the application’s, when it is closed', async () => {
    await ear.close();
    expect(cluster.listenerCount('-node')).toBe(0);
    expect(cluster.members[0]!.connections).toHaveLength(1);
  });
});
