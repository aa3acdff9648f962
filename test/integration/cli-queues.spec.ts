import { readFileSync } from 'node:fs';
import { CliApp, emailHandlers } from '../support/cli-app.js';
import { freePort } from '../support/free-port.js';
import { until } from '../support/until.js';

/** `warren info|top|doctor|queues|workers|topology|schedules` over RabbitMQ and Redis. */

const app = new CliApp();
const { handlers, release } = emailHandlers();

beforeAll(async () => {
  app.rabbitmq.owns('email', 'pdf');
  await app.worker(handlers);
});

afterAll(() => app.dispose());

const json = async (...argv: string[]) => (await app.warren([...argv, '-o', 'json'])).json();

describe('warren queues', () => {
  it('pauses, shows, configures, resets and resumes', async () => {
    expect((await app.warren(['queues', 'pause', 'email'])).stdout).toBe('email paused\n');
    const view = await app.warren(['queues', 'view', 'email']);
    expect(view.stdout).toMatch(/^email {3}PAUSED\n[^]*paused +true +\(set at run time; else false\)/);
    expect((await app.warren(['queues', 'resume', 'email'])).stdout).toBe('email resumed\n');
    const set = await json('queues', 'configure', 'email', 'concurrency=3', 'maxConcurrent=7');
    expect(set.settings).toMatchObject({
      concurrency: { value: 3, origin: 'override' },
      maxConcurrent: { value: 7, origin: 'override' },
    });
    const reset = await json('queues', 'configure', 'email', '--reset', 'all');
    expect(reset.settings.concurrency.origin).not.toBe('override');
    expect(await app.warren(['queues', 'configure', 'email', 'concurency=3'])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/concurency/),
    });
    expect(await app.warren(['queues', 'configure', 'email'])).toMatchObject({ exit: 2 });
    expect(await app.warren(['queues', 'configure', 'email', 'concurrency'])).toMatchObject({ exit: 2 });
  });

  it('drains: pauses, and waits for what runs', async () => {
    await app.warren(['jobs', 'enqueue', 'email:slow', '1']);
    await until(() => release.length === 1, 'it runs');
    expect(await app.warren(['queues', 'drain', 'email', '--timeout', '100ms'])).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/WARREN_NOT_DRAINED/),
    });
    release.shift()!();
    expect(await app.warren(['queues', 'drain', 'email'])).toMatchObject({ exit: 0 });
    await app.warren(['queues', 'resume', 'email']);
  });

  it('purges what waits, behind a yes, and the job store knows it', async () => {
    await app.warren(['queues', 'pause', 'email']);
    await app.warren(['queues', 'drain', 'email']);
    const ids = [];
    for (let index = 0; index < 3; index += 1) {
      ids.push((await app.warren(['jobs', 'enqueue', 'email:ok', '1'])).stdout.trim());
    }
    const [queue] = await json('queues', 'list');
    expect(queue).toMatchObject({ name: 'email', ready: 3, isPaused: true });
    expect((await app.warren(['queues', 'purge', 'email', '--dry-run'])).stdout).toBe(
      'Would drop 3 waiting jobs of queue email.\n',
    );
    expect(await app.warren(['queues', 'purge', 'email'])).toMatchObject({ exit: 7, stdout: '' });
    const no = await app.warren(['queues', 'purge', 'email'], {
      terminal: { columns: 80, rows: 24 },
      stdin: 'n\n',
    });
    expect(no).toMatchObject({ exit: 7, stderr: expect.stringMatching(/drops 3 waiting.*\[y\/N\]/) });
    const yes = await app.warren(['queues', 'purge', 'email', '--because', 'a test'], {
      terminal: { columns: 80, rows: 24 },
      stdin: 'y\n',
    });
    expect(yes.exit).toBe(0);
    expect(yes.stdout).toMatch(/3 jobs dropped from queue email; 3 are cancelled/);
    expect((await json('jobs', 'view', ids[0]!)).cancellation).toMatchObject({ reason: 'a test' });
    expect(await app.rabbitmq.count(app.rabbitmq.names.queue('email'))).toBe(0);
    await app.warren(['queues', 'resume', 'email']);
  });

  it.each(['view', 'pause', 'resume', 'purge', 'drain'])(
    '%s knows no queue that is not there',
    async (verb) => {
      expect(await app.warren(['queues', verb, 'emial', '--yes'])).toMatchObject({
        exit: 3,
        stdout: '',
        stderr: expect.stringMatching(/emial.*WARREN_QUEUE_NOT_FOUND/s),
      });
    },
  );
});

describe('warren info, top and doctor', () => {
  it('draws bars, the longest for the most, and says what is wrong', async () => {
    await app.warren(['topology', 'apply', 'pdf']);
    for (const type of ['pdf:a', 'pdf:b']) await app.warren(['jobs', 'enqueue', type, '1']);
    const { stdout, exit } = await app.warren(['info']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^queue +waiting +run +sched +retry +dead +oldest +cons\n/);
    expect(stdout).toMatch(/pdf +\|#{22} 2 +0 +0 +0 +0 +\d+m?s +0 +! no consumer/);
    expect(stdout).toMatch(/2 queues, 2 waiting, .*broker ok \d+ms {3}store ok/);
    const coloured = await app.warren(['info', 'pdf'], { env: { FORCE_COLOR: '1' } });
    expect(coloured.stdout).toContain('\u001b[31m');
    const colourless = await app.warren(['info', 'pdf'], {
      terminal: { columns: 100, rows: 30 },
      env: { NO_COLOR: '1' },
    });
    expect(colourless.stdout).not.toContain('\u001b');
    expect((await json('info', 'pdf')).queues).toEqual([expect.objectContaining({ name: 'pdf', ready: 2 })]);
  });

  it('looks again and again, until Ctrl-C', async () => {
    const interrupt = new AbortController();
    let frames = 0;
    const { exit, lines } = await app.warren(['info', '--watch', '20ms', '-o', 'jsonl'], {
      interrupt: interrupt.signal,
      onWritten: () => {
        frames += 1;
        if (frames === 3) interrupt.abort();
      },
    });
    expect(exit).toBe(130);
    expect(lines().length).toBeGreaterThanOrEqual(3);
  });

  it('paints a live screen on a terminal, and gives the old one back', async () => {
    const interrupt = new AbortController();
    const { exit, stdout } = await app.warren(['top', '--interval', '50ms'], {
      terminal: { columns: 120, rows: 40 },
      stdin: '',
      interrupt: interrupt.signal,
      onWritten: (text) => text.includes('events') && interrupt.abort(),
    });
    expect(exit).toBe(130);
    expect(stdout).toMatch(/^\u001b\[\?1049h[^]*workers 1[^]*\u001b\[\?1049l$/);
    expect(await app.warren(['top'])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/needs a terminal/),
    });
  });

  it('says what is wrong, and what to do', async () => {
    const { exit, stdout } = await app.warren(['doctor']);
    expect(exit).toBe(5);
    expect(stdout).toMatch(/ok +store +redis:\/\/.*answers in \d+ ms/);
    expect(stdout).toMatch(/FAIL +queue pdf +No consumer, and 2 waiting\. -> Start its worker/);
    expect(stdout).toMatch(/ok +workers +1 alive/);
    await app.warren(['queues', 'purge', 'pdf', '--yes']);
    expect((await app.warren(['doctor'])).exit).toBe(0);
  });

  it('tells of a broker and a store that are away', async () => {
    const port = await freePort();
    const away = {
      env: {
        WARREN_AMQP: `amqp://ada:s3cret@127.0.0.1:${port}`,
        WARREN_REDIS: `redis://:s3cret@127.0.0.1:${port}`,
        WARREN_TIMEOUT: '2s',
      },
    };
    const doctor = await app.warren(['doctor'], away);
    expect(doctor.exit).toBe(5);
    expect(doctor.stdout).toMatch(/FAIL +broker[^]*FAIL +store/);
    const info = await app.warren(['info'], away);
    expect(info).toMatchObject({
      exit: 4,
      stdout: '',
      stderr: expect.stringMatching(/cannot be reached.*ECONNREFUSED/),
    });
    expect(info.stderr).toMatch(/WARREN_AMQP/);
    const jobs = await app.warren(['jobs', 'list'], away);
    expect(jobs).toMatchObject({ exit: 4, stderr: expect.stringMatching(/job store at redis:\/\/127/) });
    expect(doctor.stdout + info.stderr + jobs.stderr).not.toMatch(/s3cret/);
  });

  it('knows no application that is not there, and makes none by looking', async () => {
    const env = { WARREN_APP_NAME: `${app.redis.app}-none` };
    expect(await app.warren(['info'], { env })).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/--app-name/),
    });
    expect((await app.warren(['topology', 'check'], { env })).exit).toBe(5);
    expect(await app.warren(['doctor'], { env })).toMatchObject({
      exit: 5,
      stdout: expect.stringMatching(/FAIL +broker[^]*ok +store/),
    });
    await expect(app.rabbitmq.count(`${env.WARREN_APP_NAME}.unroutable`)).rejects.toThrow(/NOT_FOUND/);
  });

  it('needs to be told where to look', async () => {
    const env = { WARREN_AMQP: '', WARREN_REDIS: '' };
    expect(await app.warren(['info'], { env })).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/--amqp/),
    });
    expect(await app.warren(['jobs', 'list'], { env })).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/--redis/),
    });
  });
});

describe('warren topology', () => {
  it('shows what there should be, without asking', async () => {
    const env = { WARREN_AMQP: '' };
    const { json: objects } = await app.warren(['topology', 'show', 'email', '-o', 'json'], { env });
    expect(objects()).toContainEqual(
      expect.objectContaining({ kind: 'queue', name: app.rabbitmq.names.queue('email') }),
    );
  });

  it('finds what differs, and makes what is missing', async () => {
    expect(await app.warren(['topology', 'check', 'email'])).toMatchObject({ exit: 0 });
    await app.rabbitmq.amqp((channel) => channel.deleteQueue(app.rabbitmq.names.deadQueue('pdf')));
    const check = await app.warren(['topology', 'check', 'pdf']);
    expect(check).toMatchObject({
      exit: 5,
      stdout: expect.stringMatching(/FAIL +queue pdf +Missing at the broker/),
    });
    const dry = await app.warren(['topology', 'apply', 'pdf', '--dry-run']);
    expect(dry.stdout).toMatch(/Missing at the broker/);
    expect(await app.warren(['topology', 'apply', 'pdf'])).toMatchObject({ exit: 0 });
    expect(await app.warren(['topology', 'check', 'pdf'])).toMatchObject({ exit: 0 });
  });
});

describe('warren schedules', () => {
  it('adds, shows, foretells, pauses, resumes, runs and removes', async () => {
    const add = [
      'schedules',
      'add',
      'nightly',
      '--job',
      'email:ok',
      '--payload',
      '{"n":1}',
      '--cron',
      '30 2 * * *',
    ];
    expect((await app.warren([...add, '--tz', 'Europe/Paris', '--overlap', 'skip'])).exit).toBe(0);
    expect(await json('schedules', 'list')).toEqual([
      expect.objectContaining({ name: 'nightly', cron: '30 2 * * *', tz: 'Europe/Paris', payload: { n: 1 } }),
    ]);
    expect((await app.warren(['schedules', 'list'])).stdout).toMatch(
      /nightly +30 2 \* \* \* Europe\/Paris +email:ok/,
    );
    const next = await json('schedules', 'next', 'nightly', '-n', '3');
    expect(next).toHaveLength(3);
    expect((await app.warren(['schedules', 'pause', 'nightly'])).stdout).toBe('nightly paused\n');
    expect((await app.warren(['schedules', 'view', 'nightly'])).stdout).toMatch(/PAUSED/);
    expect((await app.warren(['schedules', 'resume', 'nightly'])).exit).toBe(0);
    const id = (await app.warren(['schedules', 'run', 'nightly'])).stdout.trim();
    expect((await app.warren(['jobs', 'wait', id])).stdout).toBe('{"sent":{"n":1}}\n');
    expect(await app.warren(['schedules', 'remove', 'nightly'])).toMatchObject({ exit: 7 });
    expect(await app.warren(['schedules', 'remove', 'nightly', '--yes'])).toMatchObject({ exit: 0 });
    expect(await json('schedules', 'list')).toEqual([]);
  });

  it.each(['view', 'next', 'run', 'pause', 'resume', 'remove'])(
    '%s knows none that is not there',
    async (verb) => {
      expect(await app.warren(['schedules', verb, 'nobody', '--yes'])).toMatchObject({ exit: 3, stdout: '' });
    },
  );

  it.each([
    [['--cron', '99 * * * *'], /cron/],
    [['--every', '1ms'], /every/],
    [['--every', 'soon'], /--every/],
    [['--cron', '@daily', '--tz', 'Moon'], /tz/],
  ])('with %j is refused', async (flags, message) => {
    const { exit, stderr } = await app.warren(['schedules', 'add', 'x', '--job', 'email:ok', ...flags]);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringMatching(message) });
  });
});

describe('warren workers', () => {
  it('lists, quiets and wakes', async () => {
    const [worker] = await json('workers', 'list');
    expect(worker).toMatchObject({ pid: process.pid, queues: [{ queue: 'email' }] });
    expect((await app.warren(['workers', 'quiet', worker.id])).stdout).toBe(
      `${worker.id} takes nothing new\n`,
    );
    expect((await app.warren(['workers', 'list'])).stdout).toMatch(/quiet/);
    expect((await app.warren(['workers', 'wake', worker.id])).exit).toBe(0);
    expect(await app.warren(['workers', 'quiet', 'nobody:1'])).toMatchObject({ exit: 3 });
    expect(await app.warren(['workers', 'stop', worker.id])).toMatchObject({ exit: 7 });
    expect((await app.warren(['workers', 'stop', worker.id, '--dry-run'])).stdout).toMatch(/Would stop/);
    expect(await app.warren(['workers', 'stop', 'nobody:1', '--yes'])).toMatchObject({ exit: 3 });
  });
});

describe('warren metrics', () => {
  it('prints the files of the telemetry package', async () => {
    expect((await app.warren(['metrics', 'alerts'])).stdout).toBe(
      readFileSync('libs/telemetry/assets/alerts.yml', 'utf8'),
    );
    expect(JSON.parse((await app.warren(['metrics', 'grafana'])).stdout)).toHaveProperty('panels');
  });
});

describe('the command line itself', () => {
  it('prints scripts that complete words', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      expect((await app.warren(['completion', shell])).stdout).toMatch(/warren __complete/);
    }
    expect(await app.warren(['completion', 'csh'])).toMatchObject({ exit: 2 });
    expect((await app.warren(['__complete', '--', 'queues'])).stdout.split('\n')).toContain('purge');
  });

  it.each([
    [['nothing'], /unknown command 'nothing'/],
    [['queues', 'purge'], /missing required argument 'queue'/],
    [['jobs', 'list', '--quue', 'x'], /unknown option '--quue'/],
    [['info', '-o', 'xml'], /--output/],
  ])('%j is refused', async (argv, message) => {
    expect(await app.warren(argv)).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });
});
