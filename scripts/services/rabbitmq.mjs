import { PortMapper, RabbitMqNode } from './rabbitmq-node.mjs';
import { findRabbitMqPrograms, needRabbitMqPrograms } from './rabbitmq-programs.mjs';

/** Starts a private node with its management API, for whoever needs no more of it than its URLs. */
export async function startRabbitMq(say) {
  const programs = findRabbitMqPrograms();
  if (!programs) return { problem: 'an installed rabbitmq-server: there is none' };
  const { node, stop } = await privateNode(programs, { withManagement: true });
  say(`starting ${programs.server} on port ${node.port}`);
  const problem = await node.tryStart();
  if (problem !== undefined) {
    await stop();
    return { problem: `${programs.server}: ${problem}` };
  }
  return {
    service: { url: node.url, managementUrl: node.managementUrl, how: `started on port ${node.port}`, stop },
  };
}

/**
 * Starts a private node that the caller may kill, freeze and command. Its `stop` ends what was started with it, too.
 * @param advanced its advanced.config
 * @throws when the programs cannot be had, or the node does not boot
 */
export async function startRabbitMqNode({ advanced, say = () => {} } = {}) {
  const { node, stop } = await privateNode(needRabbitMqPrograms(say), { advanced });
  try {
    await node.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { node, stop };
}

async function privateNode(programs, options) {
  const mapper = await PortMapper.start(programs);
  const node = await RabbitMqNode.create(programs, mapper, options);
  const stop = async () => {
    await node.stop();
    await mapper.stop();
  };
  return { node, stop };
}
