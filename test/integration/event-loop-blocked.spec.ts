import { jest } from '@jest/globals';
import { buildLibraries } from '../support/build.js';
import { RunningProgram } from '../support/processes.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { until } from '../support/until.js';

// `until` says more than the test runner, and waits longer than its five seconds.
jest.setTimeout(120_000);

interface Said {
  readonly ready?: true;
  readonly started?: number;
  readonly redelivered?: boolean;
  readonly finished?: number;
}

/** A real process whose handler blocks its event loop. */
describe('a worker whose event loop is blocked for longer than its connection heartbeat', () => {
  const rabbit = new RabbitMqApp('blocked');
  let worker: RunningProgram | undefined;

  beforeAll(() => buildLibraries(), 120_000);
  afterAll(async () => {
    worker?.killTree();
    await worker?.result;
    await rabbit.dispose();
  });

  it('says so, gets its jobs again, and recovers by itself', async () => {
    rabbit.owns('slow');
    const { warren: producer } = await rabbit.startWarren([], { worker: false });
    const program = new RunningProgram(process.execPath, ['test/fixtures/worker.mjs'], {
      env: { RABBITMQ_URL: rabbit.url, TEST_APP: rabbit.app, TEST_HEARTBEAT: '1s' },
    });
    worker = program;
    const said = (): Said[] =>
      program.stdout
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as Said);
    const finished = () => new Set(said().flatMap(({ finished: number }) => number ?? []));
    const output = () => program.stdout + program.stderr;
    await until(() => said().some(({ ready }) => ready), 'the worker is ready');

    // Job 1 runs meanwhile; job 2 blocks, and then needs a second more.
    await producer.jobs.enqueue('slow:job', { number: 1, ms: 8_000 }, { id: 'long' });
    await until(() => said().some(({ started }) => started === 1), 'job 1 runs');
    await producer.jobs.enqueue('slow:job', { number: 2, ms: 1_000, blockMs: 6_000 }, { id: 'blocking' });
    await until(() => /Event loop was blocked/.test(output()), 'the warning is written');
    const line = output()
      .split('\n')
      .find((each) => each.includes('Event loop was blocked'))!;
    const [, seconds] = /blocked for (\d+\.\d) s while running/.exec(line)!;
    expect(Number(seconds)).toBeGreaterThanOrEqual(5.7);
    expect(line).toContain('slow:job blocking in Slow.run');
    expect(line).toContain('slow:job long in Slow.run');
    expect(line).toContain('longer than connectionHeartbeat (1s)');

    // The broker gave both out again, and they run to their end in this very process.
    await until(
      () => said().some(({ started, redelivered }) => started === 2 && redelivered),
      'job 2 runs again',
    );
    await until(() => finished().has(2), 'job 2 is finished');
    await producer.jobs.enqueue('slow:job', { number: 3, ms: 1 });
    await until(() => finished().has(3), 'a later job runs');
    await until(() => finished().has(1), 'job 1 is finished', 60_000);
    await rabbit.untilCount(rabbit.names.queue('slow'), 0);
    expect(await producer.jobs.deadLetters('slow').list()).toEqual([]);
    process.kill(program.pid, 'SIGTERM');
    expect(await program.result).toMatchObject({ code: 0 });
  });
});
