import { randomBytes } from 'node:crypto';
import { PortMapper, RabbitMqNode } from './rabbitmq-node.mjs';
import { needRabbitMqPrograms } from './rabbitmq-programs.mjs';

/**
 * Starts private nodes joined to a cluster.
 * @param advanced advanced.config of each
 * @returns {Promise<{ nodes: RabbitMqNode[], urls: string[], stop(): Promise<void> }>}
 * @throws when the programs cannot be had, or a node does not boot or join; nothing is left running then
 */
export async function startCluster({ size = 3, advanced, signal, say = () => {} } = {}) {
  const programs = needRabbitMqPrograms(say);
  const mapper = await PortMapper.start(programs);
  const nodes = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await mapper.stop();
  };
  try {
    const cookie = randomBytes(12).toString('hex');
    for (let index = 0; index < size; index += 1) {
      nodes.push(await RabbitMqNode.create(programs, mapper, { cookie, advanced }));
    }
    say(`starting ${size} nodes with ${programs.server}`);
    await Promise.all(nodes.map((node) => node.start()));
    const [first, ...others] = nodes;
    for (const node of others) {
      signal?.throwIfAborted();
      say(`joining ${node.name}`);
      await join(node, first);
    }
    signal?.throwIfAborted();
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, urls: nodes.map(({ url }) => url), stop };
}

/** One after the other: a node that joins while another does finds the cluster changing. */
async function join(node, seed) {
  await node.ctl('stop_app');
  await node.ctl('reset');
  await node.ctl('join_cluster', seed.name);
  await node.ctl('start_app');
}

/** Members of a queue: `{ leader, members, online }`, names of nodes. Asks any node that runs. */
export async function membersOf(node, queueName, vhost = '/') {
  const rows = JSON.parse(
    await node.ctl(
      '--formatter',
      'json',
      'list_queues',
      '--vhost',
      vhost,
      'name',
      'leader',
      'members',
      'online',
    ),
  );
  const row = rows.find(({ name }) => name === queueName);
  if (!row) throw new Error(`${node.name} knows no queue ${queueName}.`);
  const { leader, members, online } = row;
  return { leader, members, online };
}
