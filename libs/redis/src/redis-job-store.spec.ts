import { silentLogger } from 'nestjs-warren/ports';
import { ManualClock, until } from 'nestjs-warren/testing';
import type { RedisClient } from './clients/client.js';
import { RedisJobStore } from './redis-job-store.js';

const INFO = 'redis_version:7.2.4\r\nmaxmemory_policy:noeviction\r\n';

type Answer = (command: readonly string[]) => unknown;

/** A client of a Redis that says what the test wants it to say. */
function clientOf(answer: Answer): RedisClient {
  return {
    library: 'a fake',
    address: 'here',
    isCluster: false,
    isReady: () => true,
    send: async (_key, commands) => Promise.all(commands.map(answer)),
    subscriber: () => Promise.reject(new Error('not in these tests')),
    open: () => undefined,
    close: async () => undefined,
  };
}

describe('the job store in Redis', () => {
  const clock = new ManualClock();
  let lines: string[];
  let store: RedisJobStore;
  let commands: string[];

  function make(answer: Answer): RedisJobStore {
    [lines, commands] = [[], []];
    const write = (line: string) => void lines.push(line);
    const client = clientOf((command) => {
      commands.push(command[0]!);
      return answer(command);
    });
    const logger = { ...silentLogger, error: write, warn: write, info: write };
    store = new RedisJobStore({ client, logger, clock, timeout: '1s' });
    return store;
  }

  const asked = (name: string) => commands.filter((command) => command === name).length;
  const never = () => new Promise<never>(() => undefined);

  afterEach(() => store.close());

  it('starts although Redis does not answer the look at its version, and looks again when it is back', async () => {
    let info: Answer = never;
    make((command) => (command[0] === 'INFO' ? info(command) : 'OK'));
    const started = store.start();
    await until(() => asked('INFO') === 1, 'it asks for the version');
    info = () => INFO;
    await clock.advance(1_000);
    await started;
    await clock.advance(25);
    expect(store.status().state).toBe('up');
    expect(asked('INFO')).toBe(2);
    expect(lines).toContainEqual(expect.stringContaining('are not checked now'));
  });

  it('gives up the look after three that were not answered', async () => {
    make((command) => (command[0] === 'INFO' ? never() : 'OK'));
    const started = store.start();
    await clock.advance(60_000);
    await started;
    expect(asked('INFO')).toBe(3);
    expect(store.status().state).toBe('up');
  });

  it('refuses to start on a Redis that is too old', async () => {
    make(([name]) => (name === 'INFO' ? 'redis_version:5.0.14\r\n' : 'OK'));
    await expect(store.start()).rejects.toMatchObject({ code: 'WARREN_CONFIGURATION' });
    expect(store.status().state).toBe('closed');
  });

  it('takes one refused command for no outage, and says so once a minute', async () => {
    const refusal = new Error('WRONGTYPE Operation against a key holding the wrong kind of value');
    make(([name, key]) => {
      if (name === 'INFO') return INFO;
      if (name === 'SET') return 'OK';
      return key!.endsWith('bad') ? refusal : [];
    });
    await store.start();
    const bad = { code: 'WARREN_STORE_REFUSED', cause: refusal };
    await expect(store.reads.get(['good', 'bad'])).rejects.toMatchObject(bad);
    await expect(store.reads.get(['bad'])).rejects.toMatchObject(bad);
    expect(store.status().state).toBe('up');
    expect(lines).toEqual([expect.stringContaining('refused a command of the job store: WRONGTYPE')]);
    await clock.advance(60_000);
    await expect(store.reads.get(['bad'])).rejects.toMatchObject(bad);
    expect(lines).toHaveLength(2);
    expect(await store.reads.get(['good'])).toEqual([undefined]);
  });
});
