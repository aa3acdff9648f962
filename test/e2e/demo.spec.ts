import { readdirSync } from 'node:fs';
import { RunningProgram, descendantsOf, run, type RunResult } from '../support/processes.js';
import { rabbitmqUrl, redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** `npm run demo` as a newcomer runs it. */

const LAST_LINE = /^demo: (\d+) enqueued, (\d+) completed, (\d+) retried, (\d+) dead-lettered, 0 lost$/;
const LIMIT_MS = 180_000;

/** What a shop says that remembers its jobs. */
const BY_ID = [
  'double click on pay for order-0005: one job, 1 charge at the gateway',
  'by id: payment:charge completed at try 2 of 6, invoice:pdf completed with 3 of 3 lines',
  'email:reminder: cancelled through the API before it was due, run 0 times',
];

const finished: string[] = [];

function demo(flags: readonly string[] = [], redis: () => string = redisUrl): RunningProgram {
  return new RunningProgram('npm', ['run', '--silent', 'demo', '--', ...flags], {
    env: { RABBITMQ_URL: rabbitmqUrl(), REDIS_URL: redis() },
    limitMs: LIMIT_MS,
  });
}

/** The last line first. */
async function linesOf(program: RunningProgram): Promise<string[]> {
  const result = await program.result;
  expect(problemOf(result)).toBeUndefined();
  return result.stdout.trimEnd().split('\n').reverse();
}

/** Shows all that was printed where it went wrong. */
function problemOf({ code, signal, stdout, stderr, timedOut }: RunResult): string | undefined {
  if (code === 0 && stderr === '') return undefined;
  return `exit ${code ?? signal}${timedOut ? ' (out of time)' : ''}\n${stdout}\n${stderr}`;
}

function runFolders(): string[] {
  try {
    return readdirSync('.demo');
  } catch {
    return [];
  }
}

describe('npm run demo', () => {
  it(
    'runs every job of the file in one process and finds nothing missing',
    async () => {
      const before = runFolders();
      const lines = await linesOf(demo());
      expect(lines[0]).toMatch(LAST_LINE);
      expect(lines).toEqual(expect.arrayContaining(BY_ID));
      finished.push(lines[0]!);
      expect(runFolders()).toEqual(before);
    },
    LIMIT_MS + 20_000,
  );

  it.each([
    ['RabbitMQ and Redis', redisUrl, BY_ID],
    ['RabbitMQ, where nothing remembers jobs', () => '', []],
  ])(
    'gives the same counts with API and worker over %s',
    async (_services, redis, told) => {
      const lines = await linesOf(demo(['--broker', 'rabbitmq'], redis));
      expect(lines[0]).toMatch(LAST_LINE);
      expect(lines.filter((line) => BY_ID.includes(line)).reverse()).toEqual(told);
      finished.push(lines[0]!);
      expect(new Set(finished).size).toBe(1);
    },
    LIMIT_MS + 20_000,
  );

  it(
    'leaves no process behind when it is interrupted',
    async () => {
      const program = new RunningProgram(process.execPath, ['scripts/demo.mjs'], { limitMs: LIMIT_MS });
      await until(() => /enqueued \d+\//.test(program.stdout), 'the demo feeds the shop', LIMIT_MS);
      const below = descendantsOf(program.pid);
      expect(below.length).toBeGreaterThan(0);
      process.kill(program.pid, 'SIGINT');
      const { code, stderr } = await program.result;
      expect({ code, stderr }).toEqual({
        code: 130,
        stderr: 'demo: interrupted by SIGINT; everything it started has ended.\n',
      });
      expect(below.filter(isAlive)).toEqual([]);
    },
    LIMIT_MS + 20_000,
  );

  it('says what is wrong with a flag, and how the right ones look', async () => {
    const { code, stderr } = await run(process.execPath, ['scripts/demo.mjs', '--broker', 'kafka']);
    expect(code).toBe(2);
    expect(stderr).toContain('--broker kafka: there is no such broker. Give one of: memory, rabbitmq.');
    expect(stderr).toContain('Usage: npm run demo');
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
