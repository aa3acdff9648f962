import { privateScene } from '../../support/private-scene.js';

/** The broker closes connections, as an operator makes it do. */

const on = privateScene();

/** The broker's name for the connection of a process to `consume` or to `publish`. */
async function connectionOf(pid: number, role: 'consume' | 'publish'): Promise<string> {
  const listed = await on.node.ctl('list_connections', 'pid', 'client_properties');
  const row = listed.split('\n').find((line) => line.includes(`:${pid} ${role}"`));
  if (row === undefined) throw new Error(`No connection of process ${pid} to ${role}:\n${listed}`);
  return row.split('\t')[0]!;
}

describe('connections that the broker closes', () => {
  it('all of them, again and again: no job is lost, and all come back', async () => {
    const { scene, node } = on;
    const jobs = await scene.producer({ publishTimeout: '30s' });
    await scene.worker('only', { concurrency: 20 });
    await scene.enqueue(jobs, 200, { ms: 10 });
    await scene.enqueue(jobs, 50, { fate: 'failOnce' });
    for (const share of [50, 150]) {
      await scene.untilFinished(share);
      const more = scene.enqueueUntilAccepted(jobs, 100, { ms: 10 });
      await scene.strikeAll(() => node.ctl('close_all_connections', 'a test of faults'));
      await more;
    }
    await scene.untilFinished(450);
    expect(scene.outcome()).toMatchObject({ enqueued: 450, completed: 450, dead: 0, lost: 0 });
    await scene.drainWorkers();
  });

  it.each(['consume', 'publish'] as const)('one of a worker, to %s: its jobs go on', async (role) => {
    const { scene, node } = on;
    const jobs = await scene.producer();
    const worker = await scene.worker('only', { concurrency: 20 });
    await scene.enqueue(jobs, 200, { ms: 20 });
    await scene.enqueue(jobs, 100, { fate: 'failOnce' });
    await scene.untilFinished(20);
    const connection = await connectionOf(worker.pid, role);
    await scene.strike(worker.pid, () => node.ctl('close_connection', connection, 'a test of faults'));
    await scene.untilFinished(300);
    expect(scene.outcome()).toMatchObject({ enqueued: 300, completed: 300, dead: 0, lost: 0 });
    expect(worker.output).toContain(`(to ${role}) is lost`);
    expect(worker.output).not.toContain(`(to ${role === 'publish' ? 'consume' : 'publish'}) is lost`);
    await scene.drainWorkers();
  });
});
