import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NonRetryableJobError, type JobContext } from 'nestjs-warren/standalone';
import { EXIT_FOR_GOOD, Programs, factsOf, valueOf } from './process-handler.js';

const folder = mkdtempSync(join(tmpdir(), 'warren-process-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lines: string[] = [];
beforeEach(() => lines.splice(0));

function job(over: Partial<JobContext> = {}): JobContext {
  const write = (line: string) => void lines.push(line);
  return {
    id: 'job-1',
    type: 'image:resize',
    queue: 'image',
    payload: { width: 7 },
    attempt: 2,
    maxAttempts: 5,
    enqueuedAt: new Date(0),
    headers: { tenant: 'a' },
    correlationId: 'c-1',
    redelivered: false,
    signal: new AbortController().signal,
    logger: { error: write, warn: write, info: write, debug: write },
    ...over,
  } as JobContext;
}

let scripts = 0;

/** A program of the test's own, in JavaScript. */
function programs(code: string, killAfterMs = 5_000, args: readonly string[] = []): Programs {
  const path = join(folder, `${(scripts += 1)}.mjs`);
  writeFileSync(path, code);
  return new Programs({
    command: [process.execPath, path, ...args],
    env: { PATH: process.env['PATH'] },
    cwd: folder,
    killAfterMs,
    NonRetryable: NonRetryableJobError,
  });
}

describe('a program as a handler', () => {
  it('gets the payload and the facts, and its stdout is the result', async () => {
    const own = programs(`
      let text = ''; for await (const chunk of process.stdin) text += chunk;
      const { WARREN_JOB_ID: id, WARREN_JOB_ATTEMPT: attempt, WARREN_JOB_HEADERS: headers } = process.env;
      console.error('at work');
      console.log(JSON.stringify({ ...JSON.parse(text), id, attempt, headers: JSON.parse(headers) }));
    `);
    await expect(own.run(job())).resolves.toEqual({
      width: 7,
      id: 'job-1',
      attempt: '2',
      headers: { tenant: 'a' },
    });
    expect(lines).toEqual(['at work']);
  });

  it('need not read a payload larger than a pipe', async () => {
    await expect(programs('').run(job({ payload: 'x'.repeat(1_000_000) }))).resolves.toBeUndefined();
  });

  it('gets its arguments as they are: no shell reads them', async () => {
    const args = ['$(touch owned)', '; echo owned', '`id`', '* | &'];
    const own = programs('console.log(JSON.stringify(process.argv.slice(2)))', 5_000, args);
    await expect(own.run(job())).resolves.toEqual(args);
  });

  it('fails its attempt with any exit code but 0, and says the last line of stderr', async () => {
    const own = programs(`console.error('first'); console.error('no \\x1b[2J disk'); process.exit(3)`);
    await expect(own.run(job())).rejects.toMatchObject({
      name: 'ProgramError',
      message: `${process.execPath} ended with exit code 3: no \u001b[2J disk`,
    });
  });

  it(`fails for good with exit code ${EXIT_FOR_GOOD}`, async () => {
    await expect(programs(`process.exit(${EXIT_FOR_GOOD})`).run(job())).rejects.toBeInstanceOf(
      NonRetryableJobError,
    );
  });

  it('fails its attempt when it is killed', async () => {
    await expect(programs(`process.kill(process.pid, 'SIGKILL')`).run(job())).rejects.toThrow(
      /killed by SIGKILL/,
    );
  });

  it('fails its attempt when it cannot be started', async () => {
    const own = new Programs({
      command: [join(folder, 'nowhere')],
      env: {},
      cwd: folder,
      killAfterMs: 1_000,
      NonRetryable: NonRetryableJobError,
    });
    await expect(own.run(job())).rejects.toThrow(/ENOENT/);
    await own.ended();
  });

  it('is told by SIGTERM when its signal aborts, and killed where it does not heed that', async () => {
    const abort = new AbortController();
    const logger = {
      ...job().logger,
      // It says so when it listens.
      info: (line: string) => {
        lines.push(line);
        if (line === 'ready') abort.abort(new Error('the timeout'));
      },
    };
    const own = programs(
      `process.on('SIGTERM', () => console.error('not yet')); setInterval(() => {}, 1000); console.error('ready')`,
      200,
    );
    await expect(own.run(job({ signal: abort.signal, logger }))).rejects.toThrow('the timeout');
    expect(lines).toEqual(['ready', 'not yet']);
  });

  it('keeps no result that is too large, and goes on', async () => {
    const own = programs(`process.stdout.write('x'.repeat(6_000_000))`);
    await expect(own.run(job())).resolves.toBeUndefined();
    expect(lines.join()).toMatch(/no result is kept/);
  });

  it('logs in pieces what has no lines', async () => {
    await programs(`process.stderr.write('x'.repeat(10_000))`).run(job());
    expect(lines.length).toBeGreaterThan(0);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(2_000);
  });
});

describe('what a program says and hears', () => {
  it.each([
    ['{"a":1}\n', { a: 1 }],
    ['7', 7],
    ['done\n', 'done'],
    ['two\nlines\n', 'two\nlines'],
    ['', undefined],
    ['\n', undefined],
  ])('%j is the result %j', (stdout, value) => expect(valueOf(stdout)).toEqual(value));

  it('has no zero byte, which no environment can carry', () => {
    expect(factsOf(job({ id: 'a\0b' }))['WARREN_JOB_ID']).toBe('ab');
  });
});
