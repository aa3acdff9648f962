import { ATTEMPTS_KEPT, LINES_KEPT, type JobStore } from 'nestjs-warren/ports';
import { LIBRARIES, RedisApp } from '../support/redis-app.js';
import { RedisCluster } from '../support/redis-node.js';
import { AT, HOUR, claimOf, endingOf, fenceOf, newJob, runJob } from '../support/store-jobs.js';
import { until } from '../support/until.js';

const error = { name: 'Error', message: 'no line' };
const retry = { kind: 'retry', delayMs: 1_000, error } as const;

function storeCases(makeApp: () => RedisApp, library: (typeof LIBRARIES)[number]): void {
  let app: RedisApp;
  let store: JobStore;

  beforeAll(async () => {
    app = makeApp();
    store = await app.store(library);
  });
  afterEach(() => app.clear());
  afterAll(() => app.dispose());

  it('remembers all that was said of a job', async () => {
    const job = newJob('1', {
      priority: 3,
      uniqueKey: 'a',
      correlationId: 'c',
      parentId: 'p',
      rootId: 'r',
      tags: ['x', 'y'],
      dueAt: AT + 5_000,
    });
    await store.records.enqueued([job]);
    const [record] = await store.reads!.get(['1', '2']);
    expect(record).toMatchObject({ ...job, state: 'scheduled', attempt: 0, changedAt: AT });
  });

  it('tells a completed job as its newcomer expects it', async () => {
    await store.records.enqueued([newJob('1')]);
    await runJob(store, claimOf('1'), { kind: 'completed', result: '{"id":7}' });
    const [record] = await store.reads!.get(['1']);
    expect(record).toMatchObject({
      state: 'completed',
      result: '{"id":7}',
      attempt: 1,
      startedAt: AT + 10,
      endedAt: AT + 30,
      attempts: [{ number: 1, outcome: 'completed', worker: 'worker-1' }],
    });
    expect(await store.reads!.counts()).toEqual([{ queue: 'email', state: 'completed', count: 1 }]);
  });

  it('answers a message whose end is recorded by that end', async () => {
    const claim = claimOf('1');
    await runJob(store, claim, retry);
    const answers = await store.records.claim([
      claim,
      claimOf('1', { token: 'other' }),
      claimOf('1', { generation: 2, token: 'next', attempt: 2 }),
      claim,
    ]);
    expect(answers).toEqual([
      { kind: 'ended', outcome: retry },
      { kind: 'duplicate', generation: 1 },
      { kind: 'run', run: 2 },
      { kind: 'duplicate', generation: 2 },
    ]);
  });

  it('lets no lost worker write over a newer run', async () => {
    const claim = claimOf('1');
    const [first] = await store.records.claim([claim]);
    const again = claimOf('1', { at: AT + 50, worker: 'worker-2' });
    const [second] = await store.records.claim([again]);
    const late = endingOf(claim, fenceOf(claim, first!), { kind: 'completed', result: '1' });
    const inTime = endingOf(again, fenceOf(again, second!), { kind: 'completed', result: '2' });
    expect(await store.records.finished([late, inTime, late, inTime])).toEqual([
      { kind: 'fenced' },
      { kind: 'recorded' },
      { kind: 'fenced' },
      { kind: 'recorded' },
    ]);
    const [record] = await store.reads!.get(['1']);
    expect(record!.result).toBe('2');
    expect(record!.attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'completed']);
  });

  it('keeps the newest attempts and lines', async () => {
    for (let number = 1; number <= ATTEMPTS_KEPT + 2; number += 1) {
      const claim = claimOf('1', { generation: number, token: `t${number}`, attempt: number });
      await runJob(store, claim, retry);
    }
    const claim = claimOf('1', { generation: 100, token: 't', attempt: 60 });
    const [answer] = await store.records.claim([claim]);
    const line = (text: number) => ({ at: AT, level: 'info', text: `line\n${text}` }) as const;
    const lines = Array.from({ length: LINES_KEPT + 20 }, (_, index) => line(index));
    const fence = fenceOf(claim, answer!);
    await store.records.reported([
      { fence, at: AT, lines: lines.slice(0, 30), progress: '0.5' },
      { fence, at: AT, lines: lines.slice(30) },
    ]);
    const [record] = await store.reads!.get(['1']);
    expect(record!.attempts.map(({ number }) => number)).toEqual(
      Array.from({ length: ATTEMPTS_KEPT }, (_, index) => index + 3),
    );
    expect(record!.lines).toEqual(lines.slice(-LINES_KEPT));
    expect(record!.progress).toBe('0.5');
  });

  it('forgets a job and leaves no key when its time is over', async () => {
    await store.records.enqueued([newJob('1', { tags: ['x'] })]);
    await runJob(store, claimOf('1'), { kind: 'completed', result: '1' }, { keep: { ms: 40, count: 9 } });
    await until(async () => (await store.reads!.get(['1']))[0] === undefined, 'the job has expired');
    expect(await store.reads!.counts()).toEqual([]);
    expect(await app.keys()).toEqual(expect.not.arrayContaining([expect.stringMatching(/^[ieg]:/)]));
    await store.reads!.counts();
    expect((await app.keys()).filter((key) => key !== 'probe')).toEqual([]);
  });

  it('keeps as many of a type and end as it is told to, those that ended last', async () => {
    for (const id of ['c', 'a', 'b', 'd']) {
      const queue = id < 'b' ? 'email' : 'mass';
      const claim = claimOf(id, { queue });
      await runJob(
        store,
        claim,
        { kind: 'completed', result: '1' },
        { queue, keep: { ms: 9_000, count: 2 } },
      );
      // Those that end within one millisecond have no order.
      const endedAt = Date.now();
      await until(() => Date.now() > endedAt + 1, 'another instant has come');
    }
    const { jobs } = await store.reads!.find({}, { limit: 10 });
    expect(jobs.map(({ id }) => id)).toEqual(['d', 'b']);
    expect(await app.keys()).toEqual(expect.not.arrayContaining(['j:a', 'j:c']));
  });

  it('knows the message of a cancelled job for longer than the job', async () => {
    await store.records.enqueued([newJob('1', { dueAt: AT + 60_000 })]);
    const cancellation = { at: AT, reason: 'no', by: undefined };
    await store.records.cancel('1', cancellation, { ms: 30, count: undefined });
    await until(async () => (await store.reads!.get(['1']))[0] === undefined, 'the job has expired');
    expect(await store.records.claim([claimOf('1')])).toEqual([{ kind: 'cancelled', cancellation }]);
    expect(await app.redis.pttl(`${app.prefix}d:1`)).toBeGreaterThan(86_400_000);
  });

  it('walks through jobs of one instant, and of many indices, without missing or repeating one', async () => {
    const jobs = Array.from({ length: 120 }, (_, index) =>
      newJob(`id-${index}`, {
        createdAt: AT + (index % 3),
        queue: `queue/${index % 4}`,
        type: `type:${index % 5}`,
      }),
    );
    await store.records.enqueued(jobs);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.reads!.find({}, { limit: 7, cursor });
      seen.push(...page.jobs.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== undefined);
    const expected = [...jobs].sort(
      (a, b) => b.createdAt - a.createdAt || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id)),
    );
    expect(seen).toEqual(expected.map(({ id }) => id));
  });

  it('finds by queue, type, prefix, tag, state, reason and time', async () => {
    await store.records.enqueued([
      newJob('1', { tags: ['vip'] }),
      newJob('2', { type: 'email:old', createdAt: AT + 1 }),
      newJob('3', { type: 'emailing', queue: 'other', createdAt: AT + 2, tags: ['vip'] }),
      newJob('4', { createdAt: AT + 3 }),
    ]);
    await runJob(store, claimOf('4'), { kind: 'failed', reason: 'exhausted', error });
    const found = async (query: object): Promise<string> =>
      (await store.reads!.find(query, { limit: 9 })).jobs.map(({ id }) => id).join('');
    expect(await found({ queue: 'email' })).toBe('421');
    expect(await found({ type: 'email:' })).toBe('421');
    expect(await found({ type: 'email:new' })).toBe('41');
    expect(await found({ tag: 'vip' })).toBe('31');
    expect(await found({ tag: 'vip', queue: 'email' })).toBe('1');
    expect(await found({ states: ['failed', 'active'] })).toBe('4');
    expect(await found({ reason: 'exhausted' })).toBe('4');
    expect(await found({ reason: 'poison' })).toBe('');
    expect(await found({ createdAfter: AT + 1, createdBefore: AT + 3 })).toBe('32');
  });

  it('calls back who watches, when the job ends', async () => {
    let calls = 0;
    const stop = await store.reads!.watch('1', () => (calls += 1));
    const others = await store.reads!.watch('1', () => {
      throw new Error('mine');
    });
    await runJob(store, claimOf('1'), { kind: 'completed', result: '1' });
    await until(() => calls === 1, 'the watcher was called');
    others();
    stop();
    stop();
  });

  it('publishes ends only while somebody waits for one', async () => {
    const ends: string[] = [];
    const ear = (app.redis as { duplicate(): typeof app.redis }).duplicate();
    try {
      await ear.psubscribe(`${app.prefix}end:*`);
      ear.on('pmessage', (_pattern: string, channel: string) =>
        ends.push(channel.slice(`${app.prefix}end:`.length)),
      );
      await app.redis.del(`${app.prefix}waited`);
      await runJob(store, claimOf('unheard'), { kind: 'completed', result: '1' });
      await app.redis.set(`${app.prefix}waited`, '1');
      await runJob(store, claimOf('heard'), { kind: 'completed', result: '1' });
      // In a cluster, what was published before the ear was there may come, too.
      await until(() => ends.includes('heard'), 'an end is published');
      expect(ends).not.toContain('unheard');
    } finally {
      ear.disconnect();
    }
  });

  it('lets one of many have a unique key', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => store.unique!.reserve('key', `job-${index}`, 5_000)),
    );
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(answers.map(({ holder }) => holder)).size).toBe(1);
    await store.unique!.release('key', 'another');
    expect((await store.unique!.reserve('key', 'late', 5_000)).isNew).toBe(false);
    await store.unique!.release('key', answers[0]!.holder);
    expect(await store.unique!.reserve('key', 'late', 5_000)).toEqual({ holder: 'late', isNew: true });
  });

  it('refuses a call that a broken key is in the way of, and takes the others when they are told alone', async () => {
    await app.redis.set(`${app.prefix}j:bad`, 'no hash');
    const refused = expect(store.records.claim(['a', 'bad', 'b'].map((id) => claimOf(id)))).rejects;
    await refused.toMatchObject({ code: 'WARREN_STORE_REFUSED' });
    expect(store.status().state).toBe('up');
    for (const id of ['a', 'b']) {
      expect(await store.records.claim([claimOf(id)])).toMatchObject([{ kind: 'run' }]);
    }
    await app.redis.del(`${app.prefix}j:bad`);
  });

  it('takes a thousand jobs in one call', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `many-${index}`);
    await store.records.enqueued(ids.map((id) => newJob(id)));
    const answers = await store.records.claim(ids.map((id) => claimOf(id)));
    expect(answers.every(({ kind }) => kind === 'run')).toBe(true);
    expect(await store.reads!.counts()).toEqual([{ queue: 'email', state: 'active', count: 1_000 }]);
    expect(await store.records.cancel(ids[0]!, { at: AT, reason: undefined, by: undefined }, HOUR)).toEqual({
      kind: 'asked',
      worker: 'worker-1',
    });
  });
}

describe.each(LIBRARIES)('the job store in Redis, by %s', (library) => {
  storeCases(() => new RedisApp(), library);
});

describe('the job store in a Redis Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });
  afterAll(() => cluster?.stop());

  describe.each(LIBRARIES)('by %s', (library) => {
    storeCases(() => new RedisApp(cluster.ports), library);
  });
});
