import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { until } from './until.js';

/** A Redis of a test's own, which it may stop, fill and reconfigure. */
export class RedisNode {
  private process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  static async start(...settings: readonly string[]): Promise<RedisNode> {
    const node = new RedisNode(await freePort(), mkdtempSync(join(tmpdir(), 'warren-redis-')), settings);
    try {
      await node.run();
      return node;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    this.process = spawn(
      'redis-server',
      [
        '--port',
        String(this.port),
        '--bind',
        '127.0.0.1',
        '--dir',
        this.folder,
        '--save',
        '',
        ...this.settings,
      ],
      { stdio: 'ignore' },
    );
    await until(() => this.answers(), `Redis on port ${this.port} answers`);
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    if (!process || process.exitCode !== null) return;
    const exited = once(process, 'exit');
    process.kill('SIGKILL');
    await exited;
  }

  /** Stands still, with its connections open. */
  freeze(): void {
    this.process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.process?.kill('SIGCONT');
  }

  /** Sends a command on a connection of its own. */
  async command(name: string, ...args: readonly string[]): Promise<unknown> {
    const client = new Redis(this.url, {
      lazyConnect: true,
      retryStrategy: () => null,
      enableReadyCheck: false,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Whatever it says: one with a password refuses a PING, and is there. */
  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('data', () => {
        socket.destroy();
        resolve(true);
      });
      socket.write('PING\r\n');
    });
  }
}

/** Three masters that share the slots. */
export class RedisCluster {
  private constructor(private readonly nodes: readonly RedisNode[]) {}

  static async start(): Promise<RedisCluster> {
    const nodes = await Promise.all(
      [0, 1, 2].map(() => RedisNode.start('--cluster-enabled', 'yes', '--cluster-node-timeout', '1000')),
    );
    const SLOTS = 16_384;
    const share = Math.ceil(SLOTS / nodes.length);
    for (const [index, node] of nodes.entries()) {
      const slots = Array.from({ length: Math.min(share, SLOTS - index * share) }, (_, at) =>
        String(index * share + at),
      );
      await node.command('CLUSTER', 'ADDSLOTS', ...slots);
      await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    }
    for (const node of nodes.slice(1)) {
      await nodes[0]!.command('CLUSTER', 'MEET', '127.0.0.1', String(node.port));
    }
    const cluster = new RedisCluster(nodes);
    await until(() => cluster.isComplete(), 'the cluster is complete', 60_000);
    return cluster;
  }

  get ports(): number[] {
    return this.nodes.map(({ port }) => port);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** As crashes do. */
  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  /** After `kill`: without their data. */
  async run(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.run()));
    await until(() => this.isComplete(), 'the cluster is complete again', 60_000);
  }

  private async isComplete(): Promise<boolean> {
    const infos = await Promise.all(this.nodes.map((node) => node.command('CLUSTER', 'INFO')));
    return infos.every(
      (info) => /cluster_state:ok/.test(String(info)) && /cluster_known_nodes:3/.test(String(info)),
    );
  }
}
