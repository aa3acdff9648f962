import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliApp, emailHandlers } from '../support/cli-app.js';
import { until } from '../support/until.js';

/** `warren jobs ...` and `warren dead ...` over RabbitMQ and Redis. */

const app = new CliApp();
const { handlers, release } = emailHandlers();
const folder = mkdtempSync(join(tmpdir(), 'warren-cli-'));

beforeAll(async () => {
  app.rabbitmq.owns('email');
  await app.worker(handlers);
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await app.dispose();
});

async function enqueue(type: string, ...flags: string[]): Promise<string> {
  const { exit, stdout, stderr } = await app.warren(['jobs', 'enqueue', type, '"ada"', ...flags]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout.trim();
}

async function untilState(id: string, state: string): Promise<void> {
  await until(
    async () => (await app.warren(['jobs', 'view', id, '-o', 'json'])).json().state === state,
    `job ${id} is ${state}`,
  );
}

describe('warren jobs', () => {
  it('enqueues a job, waits for its end, and gives its result', async () => {
    const { exit, json } = await app.warren([
      'jobs',
      'enqueue',
      'email:ok',
      '{"to":"ada"}',
      '--wait',
      '-o',
      'json',
    ]);
    expect(exit).toBe(0);
    expect(json()).toMatchObject({ id: expect.any(String), result: { sent: { to: 'ada' } } });
    const waited = await app.warren(['jobs', 'wait', json().id]);
    expect(waited).toMatchObject({ exit: 0, stdout: '{"sent":{"to":"ada"}}\n' });
  });

  it('takes a payload from stdin and from a file, and refuses what is no JSON', async () => {
    const stdin = await app.warren(['jobs', 'enqueue', 'email:ok', '-', '--wait'], {
      stdin: '{"from":"stdin"}',
    });
    expect(stdin.stdout).toBe('{"sent":{"from":"stdin"}}\n');
    const file = join(folder, 'payload.json');
    writeFileSync(file, '[1]');
    expect((await app.warren(['jobs', 'enqueue', 'email:ok', `@${file}`, '--wait'])).stdout).toBe(
      '{"sent":[1]}\n',
    );
    const broken = await app.warren(['jobs', 'enqueue', 'email:ok', '{to: ada}']);
    expect(broken).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(/payload is no JSON/),
    });
    const none = await app.warren(['jobs', 'enqueue', 'email:ok', `@${file}.none`]);
    expect(none).toMatchObject({ exit: 2, stderr: expect.stringMatching(/cannot be read: ENOENT/) });
  });

  it('makes no queue of a mistyped name, unless that is asked for', async () => {
    const { exit, stderr } = await app.warren(['jobs', 'enqueue', 'emial:ok', '1']);
    expect(exit).not.toBe(0);
    expect(stderr).toMatch(/emial/);
    app.rabbitmq.owns('letters');
    expect(await app.warren(['jobs', 'enqueue', 'letters:ok', '1', '--declare'])).toMatchObject({ exit: 0 });
    expect(await app.rabbitmq.count(app.rabbitmq.names.queue('letters'))).toBe(1);
    await expect(app.rabbitmq.count(app.rabbitmq.names.queue('emial'))).rejects.toThrow(/NOT_FOUND/);
  });

  it('lists jobs by what they have in common, as text, JSON and lines of JSON', async () => {
    const id = await enqueue('email:ok', '--delay', '1h', '--tag', 'a,b', '--attempts', '3');
    const text = await app.warren(['jobs', 'list', '--tag', 'b', '--state', 'scheduled']);
    expect(text.stdout).toMatch(
      new RegExp(`^id +type +queue +state +attempt +created +what\n${id} +email:ok +email +scheduled +0/3`),
    );
    const [job] = (await app.warren(['jobs', 'list', '--tag', 'a', '-o', 'json'])).json();
    expect(job).toMatchObject({ id, state: 'scheduled', tags: ['a', 'b'] });
    expect(
      (await app.warren(['jobs', 'list', '--type', 'email:', '-o', 'jsonl', '--since', '1h'])).lines().length,
    ).toBeGreaterThan(1);
    expect(await app.warren(['jobs', 'list', '--tag', 'none'])).toMatchObject({
      exit: 0,
      stdout: 'No such jobs.\n',
    });
    expect(await app.warren(['jobs', 'list', '--tag', 'none', '-o', 'json'])).toMatchObject({
      stdout: '[]\n',
    });
    expect(await app.warren(['jobs', 'list', '-o', 'none'])).toMatchObject({ exit: 0, stdout: '' });
    const few = await app.warren(['jobs', 'list', '-n', '1']);
    expect(few.stderr).toMatch(/more than 1/);
    expect(await app.warren(['jobs', 'list', '--state', 'lost'])).toMatchObject({ exit: 2 });
  });

  it('exports whole jobs, to a file too', async () => {
    await enqueue('email:ok', '--delay', '1h', '--tag', 'export');
    const { stdout, lines } = await app.warren(['jobs', 'export', '--tag', 'export']);
    expect(lines()).toEqual([expect.objectContaining({ payload: 'ada', attempts: [], tags: ['export'] })]);
    const file = join(folder, 'jobs.jsonl');
    const written = await app.warren(['jobs', 'export', '--tag', 'export', '--file', file]);
    expect(written).toMatchObject({ exit: 0, stdout: '', stderr: expect.stringMatching(/^1 jobs in /) });
    expect(readFileSync(file, 'utf8')).toBe(stdout);
    expect(await app.warren(['jobs', 'export'])).toMatchObject({ exit: 2 });
    const nowhere = await app.warren(['jobs', 'export', '--all', '--file', join(folder, 'none', 'x')]);
    expect(nowhere).toMatchObject({ exit: 1, stderr: expect.stringMatching(/ENOENT/) });
  });

  it('shows one job, and says with its exit code that there is none', async () => {
    const id = await enqueue('email:bad');
    await untilState(id, 'failed');
    const { stdout } = await app.warren(['jobs', 'view', id]);
    expect(stdout).toMatch(/email:bad {3}FAILED \(exhausted\)/);
    expect(stdout).toMatch(/attempt 1 .*failed.*Oops: no mailbox for "ada" 42/);
    expect(stdout).toMatch(/payload +"ada"/);
    expect(await app.warren(['jobs', 'wait', id])).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/Oops/),
    });
    for (const verb of ['view', 'wait', 'retry', 'run-now']) {
      expect(await app.warren(['jobs', verb, 'nobody'])).toMatchObject({ exit: 3, stdout: '' });
    }
    for (const verb of ['cancel', 'discard']) {
      expect(await app.warren(['jobs', verb, 'nobody', '--yes'])).toMatchObject({ exit: 3 });
    }
  });

  it('waits no longer than it was told to, and leaves the job', async () => {
    const id = await enqueue('email:ok', '--delay', '1h');
    expect(await app.warren(['jobs', 'wait', id, '--timeout', '200ms'])).toMatchObject({ exit: 5 });
    const interrupt = AbortSignal.timeout(200);
    expect(await app.warren(['jobs', 'wait', id], { interrupt })).toMatchObject({ exit: 130 });
    expect(await app.warren(['jobs', 'run-now', id])).toMatchObject({ exit: 0, stdout: `${id} made due\n` });
    await untilState(id, 'completed');
    expect(await app.warren(['jobs', 'run-now', id])).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/WARREN_JOB_STATE/),
    });
  });

  it('cancels what waits and what runs, and says why', async () => {
    const waits = await enqueue('email:ok', '--delay', '1h');
    expect(await app.warren(['jobs', 'cancel', waits])).toMatchObject({
      exit: 7,
      stderr: expect.stringMatching(/--yes/),
    });
    await app.warren(['jobs', 'cancel', waits, '--yes', '--because', 'a test']);
    expect((await app.warren(['jobs', 'view', waits, '-o', 'json'])).json()).toMatchObject({
      state: 'cancelled',
      cancellation: { reason: 'a test', by: expect.stringMatching(/^warren/) },
    });
    expect(await app.warren(['jobs', 'wait', waits])).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/cancelled: a test/),
    });
    const runs = await enqueue('email:slow');
    await untilState(runs, 'active');
    expect((await app.warren(['jobs', 'cancel', runs, '--yes'])).stdout).toBe(
      `${runs} runs, and is asked to end\n`,
    );
    await untilState(runs, 'cancelled');
    release.splice(0);
    expect((await app.warren(['jobs', 'discard', runs, '--yes'])).stdout).toBe(`${runs} discarded\n`);
    expect(await app.warren(['jobs', 'view', runs])).toMatchObject({ exit: 3 });
  });

  it('changes many at a rate, tells what would be done, and asks before', async () => {
    for (let index = 0; index < 4; index += 1) await enqueue('email:ok', '--delay', '1h', '--tag', 'many');
    const dry = await app.warren(['jobs', 'discard', '--tag', 'many', '--dry-run', '-o', 'json']);
    expect(dry.json()).toMatchObject({ wouldChange: 4, ids: expect.any(Array) });
    const refused = await app.warren(['jobs', 'discard', '--tag', 'many']);
    expect(refused).toMatchObject({
      exit: 7,
      stderr: expect.stringMatching(/This will discard 4 jobs\. Nothing is done/),
    });
    expect(await app.warren(['jobs', 'discard'])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/--all/),
    });
    expect(await app.warren(['jobs', 'discard', 'a', '--all'])).toMatchObject({ exit: 2 });
    const done = await app.warren(['jobs', 'discard', '--tag', 'many', '--yes', '--rate', '100/s']);
    expect(done).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^4 jobs discarded in /) });
  });

  it('says with its exit code that some failed, and which', async () => {
    const id = await enqueue('email:ok', '--delay', '1h');
    const { exit, json, stderr } = await app.warren(['jobs', 'run-now', id, 'nobody', '-o', 'json']);
    expect(exit).toBe(6);
    expect(json()).toMatchObject({
      done: 1,
      failed: 1,
      total: 2,
      failures: [{ id: 'nobody', code: 'WARREN_JOB_NOT_FOUND' }],
    });
    expect(stderr).toMatch(/nobody: /);
  });

  it('ends with Ctrl-C, and says how far it came', async () => {
    for (let index = 0; index < 3; index += 1) await enqueue('email:ok', '--delay', '1h', '--tag', 'slowly');
    const interrupt = new AbortController();
    const work = app.warren(['jobs', 'discard', '--tag', 'slowly', '--yes', '--rate', '1/h', '-o', 'json'], {
      interrupt: interrupt.signal,
    });
    await until(
      async () => (await app.warren(['jobs', 'list', '--tag', 'slowly', '-o', 'jsonl'])).lines().length === 2,
      'one is discarded',
    );
    interrupt.abort();
    const { exit, json } = await work;
    expect({ exit, result: json() }).toMatchObject({
      exit: 130,
      result: { done: 1, total: 3, isInterrupted: true },
    });
  });

  it('shows what happens as it happens', async () => {
    const end = new AbortController();
    let heard = '';
    const watching = app.warren(['jobs', 'watch', '--type', 'email:', '-o', 'jsonl', '-n', '500'], {
      interrupt: end.signal,
      onWritten: (text) => (heard += text),
    });
    // What was enqueued before it listened is not heard.
    await until(async () => {
      await enqueue('email:ok');
      return heard.includes('"completed"');
    }, 'an end is heard');
    end.abort();
    const { exit, lines } = await watching;
    expect(exit).toBe(130);
    expect(lines().map(({ kind }: { kind: string }) => kind)).toEqual(expect.arrayContaining(['completed']));
    const id = await enqueue('email:slow');
    await untilState(id, 'active');
    const one = app.warren(['jobs', 'watch', id], {
      onWritten: () => release.splice(0).forEach((go) => go()),
    });
    expect(await one).toMatchObject({ exit: 0, stderr: expect.stringContaining(id) });
    expect(await app.warren(['jobs', 'watch', id])).toMatchObject({
      exit: 0,
      stderr: expect.stringMatching(/is completed/),
    });
  });

  it('makes what others wrote harmless', async () => {
    const evil = JSON.stringify('\u001b]0;owned\u0007\u009b2J\u202e');
    const tagged = await app.warren([
      'jobs',
      'enqueue',
      'email:bad',
      evil,
      '--tag',
      'evil\u001b[2J',
      '--id',
      'id\u001b[31m',
    ]);
    expect(tagged.exit).toBe(0);
    await untilState('id\u001b[31m', 'failed');
    const results = await Promise.all([
      app.warren(['jobs', 'view', 'id\u001b[31m']),
      app.warren(['jobs', 'list', '--all']),
      app.warren(['jobs', 'list', '--all', '-o', 'json']),
      app.warren(['jobs', 'export', '--all']),
      app.warren(['dead', 'list']),
      app.warren(['dead', 'groups']),
      app.warren(['dead', 'view', 'id\u001b[31m']),
      app.warren(['jobs', 'retry', 'no such \u001b[2J']),
    ]);
    for (const { stdout, stderr } of results) {
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    expect(results[0].stdout).toContain('\\u001b]0;owned\\u0007');
  });
});

describe('warren dead', () => {
  it('lists, groups, shows, retries and purges', async () => {
    for (let index = 0; index < 3; index += 1)
      await untilState(await enqueue('email:bad', '--tag', 'dead'), 'failed');
    const [first] = (
      await app.warren(['dead', 'list', '--error', 'OOPS: no mailbox for "ada"', '-o', 'json'])
    ).json();
    expect(first).toMatchObject({ queue: 'email', type: 'email:bad', reason: 'exhausted', payload: 'ada' });
    const listed = await app.warren(['dead', 'list', '--queue', 'email', '-n', '1']);
    expect(listed.stdout).toMatch(/id +type +queue +reason +attempts +failed +error\n.*Oops: no mailbox/);
    expect(listed.stderr).toMatch(/more than 1/);
    const groups = (await app.warren(['dead', 'groups', '-o', 'json'])).json();
    const group = groups.find(({ error }: { error: string }) => error === 'Oops: no mailbox for "…" #');
    expect(group.count).toBeGreaterThanOrEqual(3);
    expect((await app.warren(['dead', 'view', first.id])).stdout).toMatch(
      /DEAD: exhausted[^]*payload +"ada"/,
    );
    expect(await app.warren(['dead', 'view', 'nobody'])).toMatchObject({ exit: 3 });
    expect(await app.warren(['dead', 'retry', 'nobody'])).toMatchObject({ exit: 3 });
    expect(await app.warren(['dead', 'retry', '--queue', 'email'])).toMatchObject({ exit: 2 });

    const dry = await app.warren(['dead', 'retry', '--group', group.key, '--dry-run']);
    expect(dry.stdout).toBe(`Would retry ${group.count} dead letters: ${group.count} in queue email.\n`);
    expect(await app.warren(['dead', 'purge', '--all'])).toMatchObject({ exit: 7 });
    await app.warren(['queues', 'pause', 'email']);
    const retried = await app.warren(['dead', 'retry', '--group', group.key, '--yes', '--rate', '200/s']);
    expect(retried).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(new RegExp(`^${group.count} dead letters retried`)),
    });
    expect((await app.warren(['dead', 'list', '--group', group.key, '-o', 'json'])).json()).toEqual([]);
    await app.warren(['queues', 'resume', 'email']);
    await untilState(first.id, 'failed');
    await until(
      async () => (await app.warren(['dead', 'list', '--all', '-o', 'jsonl'])).lines().length >= group.count,
      'all failed again',
    );
    expect(await app.warren(['dead', 'purge', first.id, '--yes'])).toMatchObject({ exit: 0 });
    const purged = await app.warren(['dead', 'purge', '--all', '--queue', 'email', '--yes', '-o', 'json']);
    expect(purged.json()).toMatchObject({ failed: 0, isInterrupted: false });
    expect(await app.warren(['dead', 'list'])).toMatchObject({ exit: 0, stdout: 'No dead letters.\n' });
    expect(await app.warren(['dead', 'list', '--queue', 'emial'])).toMatchObject({ exit: 3 });
  });
});
