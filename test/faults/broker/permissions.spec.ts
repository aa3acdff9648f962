import { privateScene } from '../../support/private-scene.js';
import { until } from '../../support/until.js';

/** A user loses its permissions while it produces and consumes, and gets them back. */

const USER = { user: 'shop', password: 'secret-of-the-shop' };

const on = privateScene((node) => [node.urlFor(USER)]);

const grant = (configure = '.*', write = '.*', read = '.*') =>
  on.node.ctl('set_permissions', USER.user, configure, write, read);

beforeAll(async () => {
  await on.node.ctl('add_user', USER.user, USER.password);
});
beforeEach(() => grant());

describe('permissions that are missing', () => {
  it('for signals: the process boots and works, and one warning for each way says what it lacks', async () => {
    const { scene } = on;
    const others = '^(?!.*[.](events|control)([.]|$)).*';
    await grant(others, others, others);
    const jobs = await scene.producer();
    const worker = await scene.worker('only', { concurrency: 20 });
    await scene.enqueue(jobs, 50);
    await scene.untilFinished(50);
    expect(scene.outcome()).toMatchObject({ enqueued: 50, completed: 50, dead: 0, lost: 0 });
    const warnings = worker.output.split('\n').filter((line) => line.includes('WARN'));
    const refused = (what: string, without: string) =>
      expect.stringMatching(
        new RegExp(
          `${what}: RabbitMQ refused it .*access to exchange '${scene.app}[.]events' .*Give the user configure, write and read permission for names that begin.*Jobs run as before; ${without}`,
        ),
      ) as string;
    expect(warnings).toHaveLength(2);
    expect(warnings).toContainEqual(refused("Signals of 'control'", 'this process hears no instructions'));
    expect(warnings).toContainEqual(refused('Signals to other processes', 'other processes do not hear'));
    expect(worker.output).not.toContain(USER.password);
    await scene.drainWorkers();
  });
});

describe('permissions that are revoked', () => {
  it('all of them: those who connect are refused, told why, and heal when they are restored', async () => {
    const { scene, node } = on;
    const jobs = await scene.producer({ publishTimeout: '30s' });
    const worker = await scene.worker('only', { concurrency: 20 });
    await scene.enqueue(jobs, 200, { ms: 20 });
    await scene.untilFinished(20);
    await node.ctl('clear_permissions', USER.user);
    await scene.strikeAll(() => node.ctl('close_all_connections', 'a test of faults'));
    await until(() => /refused the virtual host '\/'/.test(worker.output), 'the worker is refused');
    const more = scene.enqueueUntilAccepted(jobs, 50);
    await grant();
    await more;
    await scene.untilFinished(250);
    expect(scene.outcome()).toMatchObject({ enqueued: 250, completed: 250, dead: 0, lost: 0 });
    expect(worker.output).not.toContain(USER.password);
    await scene.drainWorkers();
  });

  it('to write: enqueues fail with a reason, jobs that must be retried are kept, and all heals', async () => {
    const { scene, node } = on;
    const jobs = await scene.producer({ publishTimeout: '2s' });
    const worker = await scene.worker('only', { concurrency: 20, publishTimeout: '2s' });
    await scene.enqueue(jobs, 50, { fate: 'failOnce', hold: 'go' });
    await scene.untilStarted(20);
    await grant('.*', '^$', '.*');
    // What a channel was allowed before, it is allowed until it ends.
    await scene.strikeAll(() => node.ctl('close_all_connections', 'a test of faults'));
    scene.release('go');
    await until(() => /refused it .*access to .* refused/.test(worker.output), 'the worker is told');
    await expect(jobs.enqueue('soak:job', { number: 0 })).rejects.toMatchObject({
      code: expect.stringMatching(/^WARREN_(NOT_CONNECTED|PUBLISH_REFUSED|ACCESS_REFUSED)$/) as string,
    });
    await grant();
    await scene.untilFinished(50, 45_000);
    await scene.enqueueUntilAccepted(jobs, 10);
    await scene.untilFinished(60);
    expect(scene.outcome()).toMatchObject({ enqueued: 60, completed: 60, dead: 0, lost: 0 });
    await scene.drainWorkers();
  }, 120_000);
});
