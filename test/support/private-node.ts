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

interface StartedNode {
  readonly node: PrivateNode;
  stop(): Promise<void>;
}

interface NodeOptions {
  readonly advanced: string;
}

const nodes = (await import(nodeModule)) as {
  startRabbitMqNode(options: NodeOptions): Promise<StartedNode>;
};
const clusters = (await import(clusterModule)) as {
  startCluster(options: NodeOptions): Promise<PrivateCluster>;
  membersOf(node: PrivateNode, queueName: string): Promise<QueueMembers>;
};

/**
 * What a delay level hands over just when the broker comes up may meet a queue that has no leader yet; RabbitMQ offers
 * it again after this time. Three minutes by default, which a test would have to wait for.
 */
const OPTIONS: NodeOptions = {
  advanced: '[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 5000}]}].',
};

export const startRabbitMqNode = (): Promise<StartedNode> => nodes.startRabbitMqNode(OPTIONS);
export const startCluster = (): Promise<PrivateCluster> => clusters.startCluster(OPTIONS);
export const { membersOf } = clusters;

/** How long a hook may take that boots nodes, on a busy machine. */
export const BOOT_LIMIT_MS = 180_000;
