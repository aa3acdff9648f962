import { WarrenError } from '../../kernel/errors/index.js';
import type {
  Claim,
  Ending,
  EnqueueFailure,
  NewJob,
  RecordStore,
  Report,
} from '../../ports/store-records.js';
import { ManualClock, settled } from '../../testing/manual-clock.js';
import { MemoryJobStore } from '../memory/index.js';
import { BatchedRecords, type BatchedRecordsParts, type StoreCall } from './index.js';

type Call = keyof Pick<RecordStore, 'enqueued' | 'enqueueFailed' | 'claim' | 'finished' | 'reported'>;

/** What a store does with a call: as it should, or one of the ways in which stores go wrong. */
type Mood = 'well' | 'hang' | 'out' | { readonly refuses: string };

const UP = { state: 'up', downSince: undefined, late: 0, conflicts: 0 };
const OUT = new WarrenError('WARREN_STORE_UNAVAILABLE', 'no connection');

describe('batched records', () => {
  let clock: ManualClock;
  let store: MemoryJobStore;
  let mood: Mood;
  let calls: Array<readonly [Call, number]>;
  let told: string[];
  let over: StoreCall[];
  /** Lets calls that hang be answered late. */
  let answers: Array<() => void>;

  beforeEach(() => {
    clock = new ManualClock();
    store = new MemoryJobStore({ clock });
    mood = 'well';
    [calls, told, answers, over] = [[], [], [], []];
  });
  afterEach(() => expect(clock.pendingTimers).toBe(0));

  function moody(): RecordStore {
    const act = async <T>(call: Call, items: ReadonlyArray<object>, go: () => Promise<T>): Promise<T> => {
      calls.push([call, items.length]);
      if (mood === 'out') throw OUT;
      if (mood === 'hang') await new Promise<void>((resolve) => answers.push(resolve));
      if (typeof mood === 'object' && JSON.stringify(items).includes(mood.refuses)) {
        throw new Error('a script of the store does not like that');
      }
      return go();
    };
    const { records } = store;
    return {
      enqueued: (items) => act('enqueued', items, () => records.enqueued(items)),
      enqueueFailed: (items) => act('enqueueFailed', items, () => records.enqueueFailed(items)),
      claim: (items) => act('claim', items, () => records.claim(items)),
      finished: (items) => act('finished', items, () => records.finished(items)),
      reported: (items) => act('reported', items, () => records.reported(items)),
      cancel: (...all) => records.cancel(...all),
      reopen: (...all) => records.reopen(...all),
      discard: (...all) => records.discard(...all),
    };
  }

  function batched(limits: BatchedRecordsParts['limits'] = {}): BatchedRecords {
    const listener = {
      onUp: () => void told.push('up'),
      onDown: () => void told.push('down'),
      onCall: (call: StoreCall) => void over.push(call),
    };
    return new BatchedRecords({ records: moody(), clock, limits, listener });
  }

  const job = (id: string, payload = '1'): NewJob => ({
    id,
    type: 'email:new',
    queue: 'email',
    generation: 1,
    createdAt: 0,
    dueAt: undefined,
    maxAttempts: undefined,
    priority: undefined,
    uniqueKey: undefined,
    correlationId: undefined,
    parentId: undefined,
    rootId: undefined,
    tags: [],
    payload,
    carried: undefined,
  });
  const claim = (id: string): Claim => ({
    id,
    type: 'email:new',
    queue: 'email',
    generation: 1,
    token: `token of ${id}`,
    attempt: 1,
    maxAttempts: undefined,
    createdAt: 0,
    at: 0,
    worker: 'w',
    timeoutMs: undefined,
  });
  const ending = (id: string, run = 1): Ending => ({
    fence: { id, generation: 1, token: `token of ${id}`, run },
    type: 'email:new',
    queue: 'email',
    at: 5,
    outcome: { kind: 'completed', result: '"done"' },
    attempt: { number: 1, startedAt: 0, endedAt: 5, worker: 'w', outcome: 'completed' },
    keep: { ms: 60_000, count: undefined },
  });
  const report = (id: string, text = 'a line'): Report => ({
    fence: ending(id).fence,
    at: 1,
    lines: [{ at: 1, level: 'info', text }],
  });
  const states = async (...ids: string[]) => (await store.reads.get(ids)).map((record) => record?.state);
  const answerTo = async (call: Promise<unknown>) => ((await call) === undefined ? 'no answer' : 'answered');

  it('tells the calls of one turn together, and answers each caller', async () => {
    const records = batched();
    await Promise.all([records.enqueued(job('a')), records.enqueued(job('b'))]);
    const answers = await Promise.all([
      records.claim(claim('a')),
      records.claim({ ...claim('a'), token: 'another' }),
      records.claim(claim('b')),
    ]);
    expect(answers.map((answer) => answer?.kind)).toEqual(['run', 'duplicate', 'run']);
    expect(calls).toEqual([
      ['enqueued', 2],
      ['claim', 3],
    ]);
  });

  it('counts the ends that came too late: another run had the job', async () => {
    const records = batched();
    await records.enqueued(job('a'));
    await records.claim(claim('a'));
    // The message was handed out again, and runs a second time.
    await records.claim(claim('a'));
    expect(await records.finished(ending('a', 1))).toEqual({ kind: 'fenced' });
    expect(await records.finished(ending('a', 2))).toEqual({ kind: 'recorded' });
    expect(records.status()).toMatchObject({ conflicts: 1 });
  });

  it('tells of each call that is over, how long it took and what came of it', async () => {
    const records = batched({ timeoutMs: 2_000 });
    await Promise.all([records.enqueued(job('a')), records.enqueued(job('b'))]);
    mood = { refuses: 'token of a' };
    await records.claim(claim('a'));
    mood = 'hang';
    const finishing = records.finished(ending('a'));
    await clock.advance(2_000);
    await finishing;
    expect(over).toEqual([
      { operation: 'enqueue', durationMs: 0, outcome: 'answered' },
      { operation: 'claim', durationMs: 0, outcome: 'refused' },
      { operation: 'finish', durationMs: 2_000, outcome: 'out' },
    ]);
    await records.close();
  });

  it('cuts what is too much for one call, and lets calls over the limit wait', async () => {
    const records = batched({ items: 3, calls: 2 });
    mood = 'hang';
    const claims = Array.from({ length: 8 }, (_, index) => records.claim(claim(`${index}`)));
    await settled();
    expect(calls).toEqual([
      ['claim', 3],
      ['claim', 3],
    ]);
    mood = 'well';
    answers.forEach((answer) => answer());
    expect((await Promise.all(claims)).every((answer) => answer?.kind === 'run')).toBe(true);
    expect(calls[2]).toEqual(['claim', 2]);
  });

  it('fails claims and ends when the store hangs, in the time limit, and at once from then on', async () => {
    const records = batched({ timeoutMs: 2_000, firstPauseMs: 250 });
    mood = 'hang';
    const [claiming, finishing] = [
      answerTo(records.claim(claim('a'))),
      answerTo(records.finished(ending('b'))),
    ];
    await clock.advance(1_999);
    expect(records.status().state).toBe('up');
    await clock.advance(1);
    expect(await Promise.all([claiming, finishing])).toEqual(['no answer', 'no answer']);
    expect(records.status()).toMatchObject({ state: 'down', downSince: clock.now(), late: 1 });
    const before = calls.length;
    expect(await answerTo(records.claim(claim('c')))).toBe('no answer');
    expect(calls).toHaveLength(before);
    expect(told).toEqual(['down']);
    await records.close();
  });

  it('refuses those that wait for a call when the store turns out to be down', async () => {
    const records = batched({ items: 1, calls: 1 });
    mood = 'out';
    const said = await Promise.all([1, 2, 3].map((id) => answerTo(records.claim(claim(`${id}`)))));
    expect(said).toEqual(said.map(() => 'no answer'));
    expect(calls).toEqual([['claim', 1]]);
  });

  it('tells all that was written meanwhile when the store is back, by itself', async () => {
    const records = batched({ firstPauseMs: 250, longestPauseMs: 1_000 });
    await records.enqueued(job('a'));
    expect(await records.claim(claim('a'))).toEqual({ kind: 'run', run: 1 });
    mood = 'out';
    await records.enqueued(job('b'));
    records.reported(report('a'));
    expect(await answerTo(records.finished(ending('a')))).toBe('no answer');
    expect(await answerTo(records.claim(claim('b')))).toBe('no answer');
    expect(await answerTo(records.finished(ending('b', 0)))).toBe('no answer');
    await clock.advance(5_000);
    expect(records.status()).toMatchObject({ state: 'down', late: 4, dropped: 0 });
    mood = 'well';
    await clock.advance(1_000);
    expect(records.status()).toEqual({ ...UP, dropped: 0 });
    expect(await states('a', 'b')).toEqual(['completed', 'completed']);
    expect((await store.reads.get(['a']))[0]!.lines).toHaveLength(1);
    expect(told).toEqual(['down', 'up']);
  });

  describe('what is said of a job of which something is kept', () => {
    /** One call of a kind waits at a time: the second of a turn is kept, although the store answers. */
    const narrow = { items: 1, calls: 1, waiting: 1 };
    const failure = (id: string): EnqueueFailure => ({
      id,
      generation: 1,
      at: 3,
      error: { name: 'WarrenError', message: 'the broker did not confirm', stack: '' },
      keep: { ms: 60_000, count: undefined },
    });
    const untilTold = async (records: BatchedRecords) => {
      expect(records.status()).toMatchObject({ state: 'up', late: 2 });
      await clock.advance(1_000);
      expect(records.status()).toMatchObject({ state: 'up', late: 0, dropped: 0 });
    };

    it('is told behind it: a failed enqueue leaves no job that waits for ever', async () => {
      const records = batched(narrow);
      await Promise.all([records.enqueued(job('other')), records.enqueued(job('a'))]);
      await records.enqueueFailed(failure('a'));
      await untilTold(records);
      expect(await states('a')).toEqual(['enqueue_failed']);
    });

    it('is told behind it: an enqueue after a failed one begins the job anew', async () => {
      const records = batched(narrow);
      await records.enqueued(job('a'));
      await Promise.all([records.enqueueFailed(failure('other')), records.enqueueFailed(failure('a'))]);
      await records.enqueued(job('a', '2'));
      await untilTold(records);
      expect(await states('a')).toEqual(['queued']);
    });

    it('is told behind it: the last progress of a run stays the last', async () => {
      const records = batched(narrow);
      await records.claim(claim('a'));
      records.reported(report('other'));
      records.reported({ ...report('a'), progress: '1' });
      await settled();
      records.reported({ ...report('a'), progress: '2' });
      await untilTold(records);
      expect((await store.reads.get(['a']))[0]!.progress).toBe('2');
    });

    it('holds up no other job', async () => {
      const records = batched(narrow);
      await Promise.all([records.enqueued(job('other')), records.enqueued(job('a'))]);
      await records.enqueued(job('b'));
      expect(await states('a', 'b')).toEqual([undefined, 'queued']);
      await clock.advance(1_000);
      expect(await states('a')).toEqual(['queued']);
    });
  });

  it('tries a store that is down ever more seldom, with one call at a time', async () => {
    const records = batched({ firstPauseMs: 100, longestPauseMs: 800 });
    mood = 'out';
    await records.enqueued(job('a'));
    await clock.advance(10_000);
    // At 0, then after pauses of 100, 200, 400 and 800 ms, which stay.
    const tries = calls.length;
    expect(tries).toBeGreaterThanOrEqual(12);
    expect(tries).toBeLessThanOrEqual(17);
    await records.close();
  });

  it('lets one call of the pipeline try the store after a pause, and heals by its answer', async () => {
    const records = batched({ firstPauseMs: 250 });
    mood = 'out';
    await answerTo(records.claim(claim('a')));
    await clock.advance(250);
    mood = 'well';
    const two = [answerTo(records.claim(claim('b'))), answerTo(records.claim(claim('c')))];
    expect(await Promise.all(two)).toEqual(['answered', 'no answer']);
    expect(records.status().state).toBe('up');
    expect(await answerTo(records.claim(claim('d')))).toBe('answered');
  });

  it('takes a late answer as a sign that the store is back', async () => {
    const records = batched({ timeoutMs: 1_000 });
    mood = 'hang';
    const claiming = answerTo(records.claim(claim('a')));
    await clock.advance(1_000);
    expect(await claiming).toBe('no answer');
    mood = 'well';
    answers.forEach((answer) => answer());
    await settled();
    expect(records.status().state).toBe('up');
    expect(told).toEqual(['down', 'up']);
  });

  it('keeps so many writes and bytes of a store that is down, and counts what it drops', async () => {
    const few = batched({ late: 3 });
    mood = 'out';
    for (const id of ['a', 'b', 'c', 'd', 'e']) await few.enqueued(job(id));
    expect(few.status()).toMatchObject({ late: 3, dropped: 2 });
    await few.close();
    expect(few.status()).toMatchObject({ late: 0, dropped: 5 });

    const small = batched({ lateBytes: 1_000 });
    for (const id of ['a', 'b', 'c']) await small.enqueued(job(id, 'x'.repeat(200)));
    expect(small.status()).toMatchObject({ late: 2, dropped: 1 });
    await small.close();
  });

  it('refuses calls above what may wait, in number and bytes, and keeps their writes for later', async () => {
    const records = batched({ items: 1, calls: 1, waiting: 2, waitingBytes: 1_000 });
    mood = 'hang';
    const first = [records.claim(claim('a')), records.claim(claim('b'))];
    expect(await answerTo(records.claim(claim('c')))).toBe('no answer');
    const jobs = ['x', 'y'].map((id) => records.enqueued(job(id, 'p'.repeat(400))));
    await jobs[1];
    expect(records.status()).toMatchObject({ state: 'up', late: 1 });
    mood = 'well';
    await settled();
    answers.forEach((answer) => answer());
    await Promise.all([...first, jobs[0]]);
    await clock.advance(1_000);
    expect(await states('x', 'y')).toEqual(['queued', 'queued']);
  });

  it('fails one bad item alone when the store refuses a call, and stays up', async () => {
    const records = batched();
    mood = { refuses: 'bad' };
    const said = ['a', 'bad', 'c'].map((id) => answerTo(records.claim(claim(id))));
    expect(await Promise.all(said)).toEqual(['answered', 'no answer', 'answered']);
    await Promise.all(['d', 'bad'].map((id) => records.enqueued(job(id))));
    expect(records.status()).toEqual({ ...UP, dropped: 1 });
    expect(await states('d', 'bad')).toEqual(['queued', undefined]);
  });

  it('drops one bad write of those it kept, and tells the others', async () => {
    const records = batched();
    mood = 'out';
    await Promise.all(['a', 'bad', 'c'].map((id) => records.enqueued(job(id))));
    mood = { refuses: 'bad' };
    await clock.advance(1_000);
    expect(records.status()).toEqual({ ...UP, dropped: 1 });
    expect(await states('a', 'bad', 'c')).toEqual(['queued', undefined, 'queued']);
  });

  it('tells no more bytes in one call than the limit says, and what is larger alone', async () => {
    // Two bytes a character.
    const records = batched({ callBytes: 1_000 });
    const payloads = [200, 200, 200, 900, 200].map((length) => 'x'.repeat(length));
    const tellAll = () => Promise.all(payloads.map((payload, at) => records.enqueued(job(`${at}`, payload))));
    await tellAll();
    const sizes = [
      ['enqueued', 2],
      ['enqueued', 1],
      ['enqueued', 1],
      ['enqueued', 1],
    ];
    expect(calls).toEqual(sizes);
    mood = 'out';
    await records.enqueued(job('5'));
    await tellAll();
    [mood, calls] = ['well', []];
    await clock.advance(1_000);
    expect(calls).toEqual([['enqueued', 3], ...sizes.slice(1)]);
  });

  it('does not try one by one the calls of a refused batch when the store goes away meanwhile', async () => {
    const claiming = async (claims: readonly Claim[]): Promise<never> => {
      calls.push(['claim', claims.length]);
      throw claims.length > 1 ? new Error('one of them is bad') : OUT;
    };
    const records = new BatchedRecords({ records: { ...moody(), claim: claiming }, clock });
    const said = ['a', 'b', 'c', 'd'].map((id) => answerTo(records.claim(claim(id))));
    expect(await Promise.all(said)).toEqual(said.map(() => 'no answer'));
    expect(calls).toEqual([
      ['claim', 4],
      ['claim', 1],
    ]);
  });

  it('fails the calls that a store forgot to answer', async () => {
    const records = new BatchedRecords({
      records: { ...moody(), claim: async () => [{ kind: 'run', run: 1 }] },
      clock,
    });
    const said = await Promise.all([
      answerTo(records.claim(claim('a'))),
      answerTo(records.claim(claim('b'))),
    ]);
    expect(said).toEqual(['answered', 'no answer']);
  });

  it('waits at close for what is on its way, and not for a store that hangs', async () => {
    const records = batched({ timeoutMs: 500 });
    await records.claim(claim('a'));
    records.reported(report('a'));
    await records.close();
    expect((await store.reads.get(['a']))[0]!.lines).toHaveLength(1);

    const hanging = batched({ timeoutMs: 500 });
    mood = 'hang';
    hanging.reported(report('a'));
    const closing = hanging.close();
    await clock.advance(500);
    await closing;
    expect(hanging.status()).toMatchObject({ late: 0, dropped: 1 });
  });
});
