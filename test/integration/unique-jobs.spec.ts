import { RunningProgram, kill } from '../support/processes.js';
import { rememberedApp } from '../support/remembered-app.js';
import { redisUrl } from '../support/services.js';
import { until } from '../support/until.js';
import type { TestHandler } from '../support/rabbitmq-app.js';

/** Unique jobs over RabbitMQ, whose keys are in Redis. */

const PROCESSES = 4;
const ENQUEUES = 2_500;
const KEYS = 100;

const on = rememberedApp('unique', 'charge');

const store = () => on.redis.make({ url: redisUrl() });

function start(run: TestHandler['run']) {
  return on.app.startWarren([{ type: 'charge:', run }], { store: store() });
}

async function keysHeld(): Promise<string[]> {
  return (await on.redis.keys()).filter((key) => key.startsWith('u:'));
}

async function untilNoKeys(): Promise<void> {
  await until(async () => (await keysHeld()).length === 0, 'no key is held');
}

async function producerProcess(): Promise<RunningProgram> {
  const env = {
    RABBITMQ_URL: on.app.url,
    REDIS_URL: redisUrl(),
    TEST_APP: on.app.app,
    TEST_STORE_APP: on.redis.app,
    TEST_ENQUEUES: `${ENQUEUES}`,
    TEST_KEYS: `${KEYS}`,
  };
  const program = new RunningProgram(process.execPath, ['test/fixtures/unique-producer.mjs'], { env });
  on.programs.push(program);
  await until(() => program.stdout.includes('"ready"'), `the producer is ready: ${program.stderr}`, 30_000);
  return program;
}

interface Said {
  /** How many it got. */
  readonly refs: number;
  /** Those that were not deduplicated. */
  readonly made: ReadonlyArray<readonly [key: number, id: string]>;
}

describe('unique jobs', () => {
  it('are exactly 100, when 4 processes enqueue 10,000 at once under 100 keys', async () => {
    const all = await Promise.all(Array.from({ length: PROCESSES }, producerProcess));
    for (const { pid } of all) kill(pid, 'SIGUSR2');
    const said = (await Promise.all(all.map(({ result }) => result))).map(({ code, stdout, stderr }) => {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout.trim().split('\n').at(-1)!) as Said;
    });
    expect(said.map(({ refs }) => refs)).toEqual(Array.from({ length: PROCESSES }, () => ENQUEUES));
    const made = said.flatMap((one) => one.made);
    expect(made).toHaveLength(KEYS);
    expect(new Set(made.map(([key]) => key)).size).toBe(KEYS);
    expect(await on.app.count(on.app.names.queue('charge'))).toBe(KEYS);
    expect(await keysHeld()).toHaveLength(KEYS);

    const runs: number[] = [];
    const { recorder, warren } = await start((payload) => runs.push((payload as { order: number }).order));
    await recorder.until((moments) => moments.filter(({ kind }) => kind === 'completed').length === KEYS);
    expect([...runs].sort((a, b) => a - b)).toEqual(Array.from({ length: KEYS }, (_, index) => index));
    expect((await warren.jobs.counts()).all).toMatchObject({ completed: KEYS, queued: 0 });
    await untilNoKeys();
  }, 120_000);

  it('may be enqueued again as soon as they have ended, in other processes too', async () => {
    const jobs = await on.producer();
    const finishes: Array<() => void> = [];
    const { recorder } = await start(() => new Promise<void>((resolve) => finishes.push(resolve)));
    const first = await jobs.enqueue('charge:card', 1, { unique: { key: 'order-1' } });
    await recorder.next('started');
    const again = await (await on.producer()).enqueue('charge:card', 1, { unique: { key: 'order-1' } });
    expect(again).toMatchObject({ id: first.id, deduplicated: true });
    finishes[0]!();
    await first.result();
    await untilNoKeys();
    const next = await jobs.enqueue('charge:card', 1, { unique: { key: 'order-1' } });
    expect(next.deduplicated).toBe(false);
    await recorder.next('started');
    finishes[1]!();
    await next.result();
  });

  it('stay unique over a retry, and are free when a dead letter is left of them', async () => {
    let runs = 0;
    const { recorder } = await on.app.startWarren(
      [
        {
          type: 'charge:',
          options: { attempts: 2, backoff: { kind: 'fixed', delayMs: 300, jitter: 'none' } },
          run: () => {
            runs += 1;
            throw new Error('declined');
          },
        },
      ],
      { store: store() },
    );
    const jobs = await on.producer();
    const { id } = await jobs.enqueue('charge:card', 1, { unique: { key: 'k' } });
    await recorder.next('retryScheduled');
    expect(await jobs.enqueue('charge:card', 1, { unique: { key: 'k' } })).toMatchObject({ id });
    await recorder.next('failed');
    await untilNoKeys();
    expect(runs).toBe(2);
  });

  it('that wait get the payload and the time of the last enqueue, and run once', async () => {
    const ran: unknown[] = [];
    const { recorder } = await start((payload) => ran.push(payload));
    const jobs = await on.producer();
    const unique = { key: 'k', onConflict: 'replace' } as const;
    const first = await jobs.enqueue('charge:card', 0, { delay: '500ms', unique });
    for (let count = 1; count <= 20; count += 1) {
      const ref = await jobs.enqueue('charge:card', count, { delay: '500ms', unique });
      expect(ref).toMatchObject({ id: first.id, deduplicated: true });
    }
    await first.result();
    await recorder.until((moments) => moments.filter(({ kind }) => kind === 'duplicate').length === 20);
    expect(ran).toEqual([20]);
    await untilNoKeys();
  });

  it("are free with their first run, where they are unique until 'started'", async () => {
    let finish!: () => void;
    const { recorder } = await start(() => new Promise<void>((resolve) => (finish = resolve)));
    const jobs = await on.producer();
    const ref = await jobs.enqueue('charge:card', 1, { unique: { key: 'k', until: 'started' } });
    await recorder.next('started');
    await untilNoKeys();
    finish();
    await ref.result();
  });

  it('end by their time where that is what holds them', async () => {
    const jobs = await on.producer();
    const unique = { key: 'k', until: '2s' } as const;
    const both = [jobs.enqueue('charge:card', 1, { unique }), jobs.enqueue('charge:card', 1, { unique })];
    const [first, second] = await Promise.all(both);
    expect(second?.id).toBe(first?.id);
    await untilNoKeys();
    expect((await jobs.enqueue('charge:card', 1, { unique })).deduplicated).toBe(false);
  });
});
