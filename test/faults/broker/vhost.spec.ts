import { privateScene } from '../../support/private-scene.js';
import { until } from '../../support/until.js';

/** The virtual host of the application is deleted while it is in use, and made again later. */

const VHOST = 'shop';

const on = privateScene((node) => [node.urlFor({ vhost: VHOST })]);

async function makeVhost(): Promise<void> {
  await on.node.ctl('add_vhost', VHOST);
  await on.node.ctl('set_permissions', '--vhost', VHOST, 'guest', '.*', '.*', '.*');
}

beforeAll(makeVhost);

describe('a virtual host that is deleted', () => {
  it('is named by those who miss it; made again, it is declared anew and works', async () => {
    const { scene, node } = on;
    const jobs = await scene.producer({ publishTimeout: '2s' });
    const worker = await scene.worker('only', { concurrency: 10 });
    await scene.enqueue(jobs, 20, { ms: 5 });
    await scene.untilFinished(20);
    const gone = await scene.enqueue(jobs, 50, { hold: 'never' });
    await scene.untilStarted(25);
    await node.ctl('delete_vhost', VHOST);
    await until(() => worker.output.includes(`refused the virtual host '${VHOST}'`), 'the worker names it');
    await expect(jobs.enqueue('soak:job', {})).rejects.toMatchObject({
      code: 'WARREN_NOT_CONNECTED',
      message: expect.stringContaining(`'${VHOST}'`) as string,
    });
    await makeVhost();
    // What was in it went with it.
    scene.forget(gone);
    await scene.enqueueUntilAccepted(jobs, 50, { fate: 'failOnce' });
    await scene.untilFinished(70, 45_000);
    expect(scene.outcome()).toEqual({ enqueued: 70, completed: 70, duplicates: 0, dead: 0, lost: 0 });
    await scene.drainWorkers();
  }, 120_000);
});
