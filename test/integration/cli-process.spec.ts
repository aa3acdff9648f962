import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { CliApp } from '../support/cli-app.js';
import { until } from '../support/until.js';

/** The command as a process of its own: exit codes, streams and signals, and programs of other languages as handlers. */

const app = new CliApp();
const MAIN = 'libs/cli/dist/main.js';
const running = new Set<ChildProcess>();

beforeAll(() => {
  app.rabbitmq.owns('image', 'tool');
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'libs/cli/tsconfig.lib.json'], {
    stdio: 'inherit',
  });
}, 300_000);

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await app.dispose();
});

function start(argv: readonly string[], node: readonly string[] = []): ChildProcess {
  const child = spawn(process.execPath, [...node, MAIN, ...argv], {
    env: { ...process.env, ...app.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

async function ended(child: ChildProcess) {
  const [stdout, stderr, [exit]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { stdout, stderr, exit };
}

/** A worker that has said that it runs. */
async function worker(argv: readonly string[]) {
  const child = start(['process', ...argv]);
  let log = '';
  child.stderr!.setEncoding('utf8').on('data', (line: string) => (log += line));
  child.stdout!.resume();
  await until(() => log.includes('Running '), 'the worker runs');
  return { child, log: () => log };
}

const view = async (id: string) => (await app.warren(['jobs', 'view', id, '-o', 'json'])).json();

async function enqueue(payload: object, ...flags: string[]): Promise<string> {
  const argv = ['jobs', 'enqueue', 'image:resize', JSON.stringify(payload), ...flags];
  const { exit, stdout, stderr } = await app.warren(argv);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout.trim();
}

describe('warren process', () => {
  it('runs a Python script as a handler: result, retry, failure for good, cancel and drain', async () => {
    const evil = '$(touch owned); `id` | & *';
    const { child, log } = await worker([
      'image:resize',
      '--attempts',
      '3',
      '--kill-after',
      '1s',
      '--shutdown-timeout',
      '500ms',
      '--',
      'python3',
      'test/fixtures/resize.py',
      evil,
    ]);
    const good = await enqueue({ width: 7 });
    const waited = await app.warren(['jobs', 'wait', good]);
    expect(JSON.parse(waited.stdout)).toEqual({ id: good, argv: [evil], width: 14 });
    expect((await view(good)).lines).toEqual([expect.objectContaining({ text: 'attempt 1' })]);

    const flaky = await enqueue({ kind: 'flaky', width: 1 });
    await until(async () => (await view(flaky)).state === 'retrying', 'it waits for its second attempt');
    await app.warren(['jobs', 'run-now', flaky]);
    expect(await app.warren(['jobs', 'wait', flaky])).toMatchObject({ exit: 0 });
    expect((await view(flaky)).attempts).toMatchObject([
      {
        number: 1,
        error: { name: 'ProgramError', message: 'python3 ended with exit code 1: the disk is full' },
      },
      { number: 2, outcome: 'completed' },
    ]);

    const broken = await enqueue({ kind: 'broken', width: 1 });
    expect(await app.warren(['jobs', 'wait', broken])).toMatchObject({ exit: 1 });
    expect(await view(broken)).toMatchObject({ state: 'failed', reason: 'terminated', attempt: 1 });

    const cancelled = await enqueue({ kind: 'slow', width: 1 });
    await until(async () => (await view(cancelled)).lines.length > 0, 'the program runs');
    await app.warren(['jobs', 'cancel', cancelled, '--yes']);
    await until(async () => (await view(cancelled)).state === 'cancelled', 'it is cancelled');

    const slow = await enqueue({ kind: 'slow', width: 1 });
    await until(async () => (await view(slow)).lines.length > 0, 'the program runs');
    const programs = () => execFileSync('ps', ['-A', '-o', 'args=']).toString();
    expect(programs()).toContain(evil);
    child.kill('SIGTERM');
    const [exit] = (await once(child, 'close')) as [number | null];
    expect(exit).toBe(0);
    expect(log()).toMatch(/Draining: 1 running/);
    expect(programs()).not.toContain(evil);
    // It was given back, and waits for another worker.
    expect((await view(slow)).state).toBe('queued');
    await app.warren(['jobs', 'cancel', slow, '--yes']);
  });

  it('ends behind so many attempts, and when it is asked to stop', async () => {
    const first = start(['process', 'tool:echo', '-n', '1', '--', 'cat']);
    const end = ended(first);
    await until(
      async () => (await app.warren(['jobs', 'enqueue', 'tool:echo', '{"a":[1]}', '--id', 'one'])).exit === 0,
      'the queue is there',
    );
    expect(await app.warren(['jobs', 'wait', 'one'])).toMatchObject({ stdout: '{"a":[1]}\n' });
    expect(await end).toMatchObject({ exit: 0, stdout: '' });
    const second = await worker(['tool:echo', '--', 'cat']);
    await until(
      async () => (await app.warren(['workers', 'list', '-o', 'jsonl'])).lines().length === 1,
      'it is there',
    );
    const [{ id }] = (await app.warren(['workers', 'list', '-o', 'json'])).json();
    const closed = once(second.child, 'close');
    expect(await app.warren(['workers', 'stop', id, '--yes'])).toMatchObject({
      exit: 0,
      stdout: `${id} has ended\n`,
    });
    expect((await closed)[0]).toBe(0);
  });

  it('refuses a program that is not there, before it takes a job', async () => {
    expect(await app.warren(['process', 'tool:echo', '--', 'no-such-program'])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/no program "no-such-program"/),
    });
  });
});

describe('the command as a process', () => {
  it('tells with its exit code how it went', async () => {
    const [version, usage, unknown] = await Promise.all([
      ended(start(['--version'])),
      ended(start(['jobs', 'lst'])),
      ended(start(['jobs', 'view', 'nobody'])),
    ]);
    expect(version).toEqual({ exit: 0, stdout: '0.1.0\n', stderr: '' });
    expect(usage).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(/Did you mean one of list/),
    });
    expect(unknown).toMatchObject({ exit: 3, stdout: '' });
  });

  it.each([[['--help']], [['--version']], [['queues', 'purge']], [['completion', 'bash']]])(
    'loads neither broker nor store for %j',
    async (argv) => {
      const { stderr } = await ended(start(argv, ['--import', './test/fixtures/loaded-modules.mjs']));
      const loaded = stderr.split('\n').filter((line) => line.startsWith('loaded '));
      expect(loaded.join('\n')).toMatch(/libs\/cli\/dist\/main\.js/);
      expect(loaded.join('\n')).not.toMatch(
        /amqplib|node_modules\/redis|@redis|ioredis|@nestjs|libs\/core|libs\/redis/,
      );
    },
  );

  it('ends quietly when its reader goes away', async () => {
    for (let index = 0; index < 30; index += 1) {
      await app.warren(['jobs', 'enqueue', 'tool:echo', JSON.stringify('x'.repeat(10_000)), '--delay', '1h']);
    }
    const child = start(['jobs', 'export', '--all']);
    child.stdout!.once('data', () => child.stdout!.destroy());
    const [[exit], stderr] = await Promise.all([
      once(child, 'close') as Promise<[number]>,
      text(child.stderr!),
    ]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  });

  it('ends with 130 on Ctrl-C', async () => {
    const child = start(['info', '--watch', '50ms', '-o', 'jsonl']);
    child.stdout!.once('data', () => child.kill('SIGINT'));
    expect((await ended(child)).exit).toBe(130);
  });
});
