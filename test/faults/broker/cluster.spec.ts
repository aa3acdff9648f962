import { buildLibraries } from '../../support/build.js';
import { FaultScene, QUEUE } from '../../support/fault-scene.js';
import {
  BOOT_LIMIT_MS,
  membersOf,
  startCluster,
  type PrivateCluster,
  type PrivateNode,
} from '../../support/private-node.js';
import { until } from '../../support/until.js';

/** Three nodes, of which one at a time is killed with -9 and comes back. */

let cluster: PrivateCluster;
let scene: FaultScene;

beforeAll(async () => {
  buildLibraries();
  cluster = await startCluster();
}, BOOT_LIMIT_MS);
afterAll(() => cluster?.stop());
beforeEach(() => {
  scene = new FaultScene(cluster.urls, { isPrivate: true, listQueues });
});
afterEach(() => scene.end());

/** By any node that is up. */
async function listQueues(): Promise<string> {
  const asked = cluster.nodes.map((node) =>
    node.ctl('list_queues', '--silent', 'name', 'messages', 'messages_unacknowledged', 'leader', 'online'),
  );
  const lines = (await Promise.any(asked)).split('\n');
  return lines.filter((line) => !/\t0\t0\t/.test(line)).join('\n');
}

const queueName = () => `${scene.app}.q.${QUEUE}`;
const members = (asked = cluster.nodes[0]!) => membersOf(asked, queueName());
const nodeNamed = (name: string) => cluster.nodes.find((node) => node.name === name)!;

/** All three have their copy: without it, the loss of one node may be the loss of the majority. */
const untilComplete = () =>
  until(async () => (await members()).online.length === 3, 'all members of the queue are online', 60_000);

async function killAndRestart(node: PrivateNode, meanwhile: () => Promise<unknown>): Promise<void> {
  await scene.strikeAll(() => node.kill());
  try {
    await meanwhile();
  } finally {
    await node.start();
  }
  await untilComplete();
}

/**
 * On RabbitMQ 3.10.8 a delay level may go on handing over to the dead leader of the next one, and what it holds comes
 * when that node is back; seen there in one of four kills, and never on 4.3.
 */
async function delaysGoOnWithoutLeader(): Promise<boolean> {
  return !(await cluster.nodes[0]!.ctl('version')).startsWith('3.');
}

describe('a cluster of three nodes', () => {
  it('keeps each queue on all of them', async () => {
    await scene.producer();
    await scene.worker('only');
    const all = cluster.nodes.map(({ name }) => name).sort();
    const listed = await cluster.nodes[1]!.ctl('list_queues', '--silent', 'name', 'type', 'members');
    // What processes hear signals by is their own, and ends with them.
    const isSignals = (line: string) => /\.(control|events)\.\w+\tclassic/.test(line);
    const own = listed.split('\n').filter((line) => line.startsWith(scene.app) && !isSignals(line));
    expect(own.length).toBeGreaterThanOrEqual(35);
    for (const line of own) for (const name of all) expect(line).toContain(name);
    expect([...(await members()).members].sort()).toEqual(all);
  });

  it('loses no job when the leader of the queue is killed', async () => {
    const jobs = await scene.producer({ publishTimeout: '30s' });
    await scene.worker('first', { concurrency: 10 });
    await scene.worker('second', { concurrency: 10, urls: [...cluster.urls].reverse() });
    await scene.enqueue(jobs, 300, { ms: 20 });
    await scene.enqueue(jobs, 50, { fate: 'failOnce' });
    await scene.enqueue(jobs, 50, {}, { delay: '4s' });
    await untilComplete();
    await scene.untilFinished(50);
    const { leader } = await members();
    const goesOn = await delaysGoOnWithoutLeader();
    await killAndRestart(nodeNamed(leader), async () => {
      await scene.enqueueUntilAccepted(jobs, 200, { ms: 5 });
      // All but 50 delayed jobs and 50 retries, at least.
      await scene.untilFinished(goesOn ? 600 : 500, 60_000);
    });
    expect((await members()).leader).not.toBe(leader);
    await scene.untilFinished(600, 60_000);
    expect(scene.outcome()).toMatchObject({ enqueued: 600, completed: 600, dead: 0, lost: 0 });
    await scene.drainWorkers();
  }, 180_000);

  it('takes what is enqueued while a queue has no leader, once it has one', async () => {
    const jobs = await scene.producer({ publishTimeout: '30s' });
    await scene.worker('only', { concurrency: 10, urls: [...cluster.urls].reverse() });
    await untilComplete();
    const { leader } = await members();
    await killAndRestart(nodeNamed(leader), async () => {
      // The first that this process publishes to that queue: RabbitMQ 3.10 has the channel refused until the node is back.
      await scene.enqueue(jobs, 100, { ms: 5 });
      await scene.untilFinished(100, 60_000);
    });
    expect(scene.outcome()).toMatchObject({ enqueued: 100, completed: 100, dead: 0, lost: 0 });
    await scene.drainWorkers();
  }, 180_000);

  it('takes its clients on at another node when theirs is killed', async () => {
    const [first] = cluster.nodes;
    const jobs = await scene.producer({ publishTimeout: '30s' });
    const worker = await scene.worker('only', { concurrency: 10 });
    await scene.enqueue(jobs, 100, { ms: 20 });
    await untilComplete();
    await scene.untilFinished(20);
    await killAndRestart(first!, async () => {
      await scene.enqueueUntilAccepted(jobs, 100, { ms: 5 });
      await scene.untilFinished(200, 60_000);
    });
    expect(worker.output).toContain(`127.0.0.1:${first!.port} (to consume) is lost`);
    expect(scene.outcome()).toMatchObject({ enqueued: 200, completed: 200, dead: 0, lost: 0 });
    await scene.drainWorkers();
  }, 180_000);
});
