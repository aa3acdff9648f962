import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobEvents, JobHandler, JobsModule, type JobContext } from 'nestjs-warren';
import { Recorder } from 'nestjs-warren/testing';
import ts from 'typescript';
import { removeApp, uniqueApp } from '../support/broker-objects.js';
import { buildLibraries } from '../support/build.js';
import { freePort } from '../support/free-port.js';
import { codeBlock, codeBlocks } from '../support/markdown.js';
import { RunningProgram, run, type RunResult } from '../support/processes.js';
import { rabbitmqUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** Runs what the documentation tells its reader to run: the quick start, the tutorial, producers without Warren. */

/** Below node_modules, so that the examples find the packages that they import. */
const CACHE = 'node_modules/.cache';

let folder: string;
let app: string;

beforeAll(async () => {
  buildLibraries();
  await mkdir(CACHE, { recursive: true });
  folder = await mkdtemp(join(CACHE, 'docs-run-'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(() => {
  app = uniqueApp('docs');
});

/** The example as a file, with an application of its own instead of the shop. */
async function written(page: string, name: string): Promise<string> {
  const code = codeBlock(page, name);
  expect(code).toMatch(/(['"])shop\b/);
  const file = join(folder, `${app}-${name.replace(/\.ts$/, '.mjs')}`);
  const own = code.replace(/(['"])shop\b/g, `$1${app}`);
  await writeFile(file, name.endsWith('.ts') ? compiled(own) : own);
  return file;
}

function compiled(code: string): string {
  const { options } = ts.convertCompilerOptionsFromJson(
    { module: 'esnext', target: 'es2023', experimentalDecorators: true, emitDecoratorMetadata: true },
    '.',
  );
  return ts.transpileModule(code, { compilerOptions: options }).outputText;
}

describe('the quick start of the README', () => {
  it.each(['this process', 'RabbitMQ'])(
    'sends its mail with jobs in %s, and ends with 0 at SIGTERM',
    async (place) => {
      const env = { RABBITMQ_URL: place === 'RabbitMQ' ? rabbitmqUrl() : '', NODE_ENV: 'development' };
      const file = await written('README.md', 'quick-start.ts');
      const program = new RunningProgram(
        process.execPath,
        place === 'RabbitMQ' ? [file] : ['--import', noUrl(), file],
        {
          env,
          limitMs: 60_000,
        },
      );
      const isSaid = () => program.stdout.includes('sent a mail to ada@example.com');
      await until(isSaid, 'the quick start has sent its mail').catch((error: unknown) => {
        throw new Error(`${String(error)}\n${program.stdout}\n${program.stderr}`);
      });
      process.kill(program.pid, 'SIGTERM');
      expect(await program.result).toMatchObject({ code: 0, timedOut: false });
      if (place === 'RabbitMQ') await removeApp(rabbitmqUrl(), app, ['email']);
    },
    90_000,
  );
});

/** A variable that is not set, whatever the tests were started with. */
function noUrl(): string {
  return 'data:text/javascript,delete process.env.RABBITMQ_URL;';
}

describe('the tutorial', () => {
  const running: RunningProgram[] = [];

  beforeEach(async () => {
    const names = codeBlocks('docs/tutorial.md').flatMap(({ name }) =>
      /^[\w-]+\.ts$/.test(name) ? [name] : [],
    );
    await mkdir(join(folder, app), { recursive: true });
    await writeFile(join(folder, app, 'package.json'), '{ "type": "module" }');
    for (const name of names) {
      const own = codeBlock('docs/tutorial.md', name).replaceAll("app: 'shop'", `app: '${app}'`);
      await writeFile(join(folder, app, name.replace('.ts', '.js')), compiled(own));
    }
  });
  afterEach(async () => {
    for (const program of running.splice(0)) program.killTree();
    await removeApp(rabbitmqUrl(), app, ['email', 'payment']);
  });

  function start(name: string, env: Readonly<Record<string, string>> = {}): RunningProgram {
    const without = 'RABBITMQ_URL' in env ? [] : ['--import', noUrl()];
    const program = new RunningProgram(process.execPath, [...without, join(folder, app, name)], {
      env: { ...env, NODE_ENV: 'development', NO_COLOR: '1' },
      limitMs: 90_000,
    });
    running.push(program);
    return program;
  }

  async function says(program: RunningProgram, text: string): Promise<void> {
    await until(() => `${program.stdout}${program.stderr}`.includes(text), `it says '${text}'`).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${program.stdout}\n${program.stderr}`);
      },
    );
  }

  async function ends(program: RunningProgram): Promise<number | null> {
    process.kill(program.pid, 'SIGTERM');
    return (await program.result).code;
  }

  it('prints in its first part what it says', async () => {
    const main = start('main.js');
    await says(main, 'sent a mail to ada@example.com');
    expect(main.stdout).toMatch(/^enqueued [0-9a-f-]{36}$/m);
    expect(await ends(main)).toBe(0);
  }, 60_000);

  it('shows in its second part the three ways of a job', async () => {
    const checkout = start('checkout.js');
    await says(checkout, 'the payload is invalid: amountCents must be a positive number.');
    await says(checkout, 'attempt 1 of 3 failed');
    await says(checkout, 'charged 1250 cents for order-1');
    await says(checkout, 'failed (terminated) at attempt 1 of 3, now in the dead letters of queue payment');
    expect(await ends(checkout)).toBe(0);
  }, 60_000);

  it('runs in its third part what the API enqueued before the worker started', async () => {
    const port = String(await freePort());
    const api = start('api.js', { RABBITMQ_URL: rabbitmqUrl(), PORT: port });
    await says(api, 'Nest application successfully started');
    const url = `http://127.0.0.1:${port}`;
    const order = (orderId: string, amountCents: number) =>
      fetch(`${url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ orderId, amountCents }),
      });
    await until(
      async () => (await order('order-1', 1_250).catch(() => undefined))?.status === 202,
      'the API answers',
    );
    await order('order-2', 250_000);

    const worker = start('worker.js', { RABBITMQ_URL: rabbitmqUrl() });
    await says(worker, 'charged 1250 cents for order-1');
    await says(worker, 'sent a mail to ada@example.com');
    await until(async () => {
      const letters = (await (await fetch(`${url}/dead-letters`)).json()) as string[];
      return letters.some((letter) =>
        letter.endsWith('terminated: NonRetryableJobError: the card was refused'),
      );
    }, 'the refused payment is in the dead letters');
    expect(await ends(worker)).toBe(0);
  }, 120_000);
});

describe('the page about testing', () => {
  it('has examples that do what they say', async () => {
    const blocks = codeBlocks('docs/how-to/testing.md').filter(({ language }) => language === 'ts');
    const file = join(folder, 'testing.mjs');
    await writeFile(
      file,
      `import 'reflect-metadata';
      ${compiled(blocks.map(({ code }) => code).join('\n'))}
      console.log(JSON.stringify([await sendsMail(), await onlyEnqueues(), await retriesAfterASecond()]));`,
    );
    const result = await run(process.execPath, [file], { env: { NODE_ENV: 'test' } });
    expect(failureOf(result)).toBeUndefined();
    expect(JSON.parse(result.stdout.trimEnd().split('\n').at(-1)!)).toEqual([
      'sent to ada@example.com',
      [['email:new', { to: 'ada@example.com' }]],
      2,
    ]);
  }, 60_000);
});

describe('producers without Warren', () => {
  let worker: INestApplicationContext | undefined;
  let recorder: Recorder;
  const ran: Array<{ readonly payload: unknown; readonly job: JobContext }> = [];

  beforeEach(async () => {
    ran.length = 0;
    class Emails {
      send(payload: unknown, job: JobContext): void {
        ran.push({ payload, job });
      }
    }
    JobHandler('email:new')(
      Emails.prototype,
      'send',
      Object.getOwnPropertyDescriptor(Emails.prototype, 'send')!,
    );
    class WorkerModule {}
    Module({ imports: [JobsModule.forRoot({ url: rabbitmqUrl(), app })], providers: [Emails] })(WorkerModule);
    worker = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
    recorder = new Recorder({ limitMs: 30_000 });
    worker.get(JobEvents).events$.subscribe(recorder.observer);
  });
  afterEach(async () => {
    await worker?.close();
    worker = undefined;
    await removeApp(rabbitmqUrl(), app, ['email']);
  });

  const env = () => ({ RABBITMQ_URL: rabbitmqUrl() });

  it('in Node enqueue a job that a worker runs', async () => {
    const file = await written('docs/wire-format.md', 'enqueue.mjs');
    expect(failureOf(await run(process.execPath, [file], { env: env() }))).toBeUndefined();
    await recorder.next('completed');
    expect(ran).toMatchObject([
      { payload: { to: 'ada@example.com' }, job: { type: 'email:new', attempt: 1 } },
    ]);
    expect(ran[0]!.job.id).toMatch(/^[0-9a-f-]{36}$/);
  }, 60_000);

  it('in Node hear that no queue took their job', async () => {
    const file = await written('docs/wire-format.md', 'enqueue.mjs');
    await worker?.close();
    await removeQueue();
    const { code, stderr } = await run(process.execPath, [file], { env: env() });
    expect(code).toBe(1);
    expect(stderr).toContain('no queue took it: email');
  }, 60_000);

  it('in Python enqueue a job that a worker runs when it is due', async () => {
    const python = await pythonWithPika();
    if ('missing' in python) {
      console.warn(`NOT TESTED: the Python example of docs/wire-format.md. ${python.missing}`);
      return;
    }
    const file = await written('docs/wire-format.md', 'enqueue.py');
    const startedAt = Date.now();
    expect(
      failureOf(await run(python.command, [file], { env: { ...env(), ...python.env } })),
    ).toBeUndefined();
    await recorder.next('completed');
    expect(ran).toMatchObject([{ payload: { to: 'ada@example.com' }, job: { attempt: 1, maxAttempts: 3 } }]);
    // The example counts from its own clock, which is this machine's.
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(2_000);
    expect(ran[0]!.job.scheduledFor).toBeInstanceOf(Date);
  }, 240_000);

  async function removeQueue(): Promise<void> {
    const { connect } = await import('amqplib');
    const connection = await connect(rabbitmqUrl());
    await (await connection.createChannel()).deleteQueue(`${app}.q.email`);
    await connection.close();
  }
});

type PythonWithPika =
  { readonly command: string; readonly env: Readonly<Record<string, string>> } | { readonly missing: string };

/** The first is what the user calls python3; the second is the one that a distribution's package of pika serves. */
const PYTHONS = ['python3', '/usr/bin/python3'];

/** A Python that has pika, or gets it into a folder of the test's own. The tests themselves need Node and npm only. */
async function pythonWithPika(): Promise<PythonWithPika> {
  const found: string[] = [];
  for (const command of PYTHONS) if (await succeeds(command, ['--version'])) found.push(command);
  for (const command of found)
    if (await succeeds(command, ['-c', 'import pika'])) return { command, env: {} };
  const [command] = found;
  if (command === undefined) return { missing: 'There is no python3 on this machine. Install Python 3.' };
  const target = join(process.cwd(), folder, 'python');
  const install = ['-m', 'pip', 'install', '--quiet', '--retries', '1', '--target', target, 'pika'];
  const { code, stderr } = await runPython(command, install);
  if (code === 0) return { command, env: { PYTHONPATH: target } };
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return {
    missing: `pika is not installed, and pip could not install it (${said}). Run: python3 -m pip install pika`,
  };
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return (await runPython(command, args)).code === 0;
}

/** A program that is missing counts as one that failed. */
async function runPython(
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  try {
    return await run(command, args);
  } catch (error) {
    return { code: null, stderr: String(error) };
  }
}

/** Shows all that was printed where it went wrong. */
function failureOf({ code, stdout, stderr }: RunResult): string | undefined {
  return code === 0 ? undefined : `exit ${code}\n${stdout}\n${stderr}`;
}
