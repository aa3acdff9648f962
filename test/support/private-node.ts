/** Private RabbitMQ nodes for tests that kill, freeze or command their broker. */

export interface PrivateNode {
  /** As rabbitmqctl knows it. */
  readonly name: string;
  readonly port: number;
  /** Of the user guest in the default virtual host. */
  readonly url: string;
  /** Of the virtual machine that is the node. */
  readonly pid: number;
  urlFor(of: { readonly user?: string; readonly password?: string; readonly vhost?: string }): string;
  /** Boots it again, with its data. */
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Ends it in order; its data stays. */
  end(): Promise<void>;
  /** SIGSTOP, SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** What rabbitmqctl answers. */
  ctl(...args: string[]): Promise<string>;
}

export interface PrivateCluster {
  readonly nodes: readonly PrivateNode[];
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

export interface QueueMembers {
  /** Names of nodes. */
  readonly leader: string;
  readonly members: readonly string[];
  readonly online: readonly string[];
}

// Plain JavaScript without types, which scripts use too.
const nodeModule = '../../scripts/services/rabbitmq.mjs';
const clusterModule = '../../scripts/services/rabbitmq-cluster.mjs';

const { startRabbitMqNode } = (await import(nodeModule)) as {
  startRabbitMqNode(): Promise<{ readonly node: PrivateNode; stop(): Promise<void> }>;
};
const { startCluster, membersOf } = (await import(clusterModule)) as {
  startCluster(): Promise<PrivateCluster>;
  membersOf(node: PrivateNode, queueName: string): Promise<QueueMembers>;
};

export { membersOf, startCluster, startRabbitMqNode };

/** How long a hook may take that boots nodes, on a busy machine. */
export const BOOT_LIMIT_MS = 180_000;
