import { fixed } from '../kernel/backoff.js';
import { JobContext } from '../job/context.js';
import { WarrenError } from '../kernel/errors/index.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { settled } from '../testing/manual-clock.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('what hurts nobody else', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  async function withHandler(run: (payload: unknown, job: JobContext) => unknown, options = {}) {
    harness = await startHarness({
      handlers: [
        { type: 'email:new', options: { backoff: fixed('1s', { jitter: 'none' }), ...options }, run },
      ],
    });
  }

  /** Numbers of the attempts that it ran. */
  async function withHandlerThatFailsOnce(): Promise<readonly number[]> {
    const attempts: number[] = [];
    await withHandler((_payload, job) => {
      attempts.push(job.attempt);
      if (attempts.length === 1) throw new Error('down');
    });
    return attempts;
  }

  it.each([
    ['no JSON', { body: Buffer.from('{"to":'), type: 'email:new', headers: {} }, /JSON/],
    ['without a type', { body: json({}), headers: {} }, /has no type/],
    ['of an odd type', { body: json({}), type: 'email new!', headers: {} }, /no job type/],
    [
      'of a newer version',
      { body: json({}), type: 'email:new', headers: { 'warren-v': 2 } },
      /warren-v is 2/,
    ],
    [
      'with an attempt that is no number',
      { body: json({}), type: 'email:new', headers: { 'warren-attempt': 'x' } },
      /warren-attempt/,
    ],
    [
      'of an unknown content type',
      { body: json({}), type: 'email:new', contentType: 'image/png', headers: {} },
      /image\/png/,
    ],
    ['too large', { body: Buffer.alloc(5_000_001, 32), type: 'email:new', headers: {} }, /5000001/],
  ])('puts a message %s into the dead letters as it came, and goes on', async (_what, message, problem) => {
    const ran: unknown[] = [];
    await withHandler((payload) => ran.push(payload));
    await harness.broker.publish({ ...message, messageId: 'odd' }, { queue: 'email' });
    const refused = await harness.recorder.next('refused');
    expect(refused.error.message).toMatch(problem);
    await harness.jobs.enqueue('email:new', 'fine');
    await harness.recorder.next('completed');
    expect(ran).toEqual(['fine']);
    const [letter] = await harness.jobs.deadLetters('email').list();
    expect(letter).toMatchObject({ id: 'odd', reason: 'rejected' });
    expect(letter!.error).toMatch(problem);
    expect(Buffer.from(letter!.body).equals(message.body)).toBe(true);
  });

  it('runs a message of another program that has only a body and a type', async () => {
    const seen: unknown[] = [];
    await withHandler((payload, job) => seen.push([payload, job.attempt, job.id.length > 0]));
    await harness.broker.publish(
      { body: json({ to: 'b' }), type: 'email:new', headers: {} },
      { queue: 'email' },
    );
    await harness.recorder.next('completed');
    expect(seen).toEqual([[{ to: 'b' }, 1, true]]);
  });

  it('fails the attempt of a job that no handler takes, says so, and retries it', async () => {
    await withHandler(() => 'ok');
    await harness.jobs.enqueue('email:unheard-of', null, { backoff: fixed('1s', { jitter: 'none' }) });
    const retry = await harness.recorder.next('retryScheduled');
    expect(retry.error.message).toContain("No handler of this worker takes 'email:unheard-of'");
    expect(harness.lines('warn').join()).toContain('email:unheard-of');
    const another = await harness.another({ handlers: [{ type: 'email:unheard-of', run: () => 'late' }] });
    await harness.warren.drain();
    await harness.clock.advance(1_000);
    expect(await another.recorder.next('completed')).toMatchObject({ attempt: 2, result: 'late' });
  });

  it('routes to the exact type first, then to shorter prefixes, then to the catch-all', async () => {
    const ran: string[] = [];
    const handler = (type: string) => ({
      type,
      run: (_: unknown, job: JobContext) => ran.push(`${type}<-${job.type}`),
    });
    harness = await startHarness({ handlers: ['email:new', 'email:', 'email:list:', ''].map(handler) });
    for (const type of ['email:new', 'email:list:weekly', 'email:old', 'other']) {
      await harness.jobs.enqueue(type);
      await harness.recorder.next('completed');
    }
    expect(ran).toEqual([
      'email:new<-email:new',
      'email:list:<-email:list:weekly',
      'email:<-email:old',
      '<-other',
    ]);
  });

  it('tells other observers and settles the job when an observer throws', async () => {
    await withHandler(() => 'ok');
    harness.warren.observe(() => {
      throw new Error('broken observer');
    });
    const told: string[] = [];
    harness.warren.observe((moment) => told.push(moment.kind));
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('completed');
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('completed');
    expect(told.filter((kind) => kind === 'completed')).toHaveLength(2);
    expect(harness.lines('error').filter((line) => line.includes('broken observer'))).toHaveLength(1);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 0, deadLetters: 0 });
  });

  it('gives a job back when its retry cannot be published, and loses nothing', async () => {
    const attempts = await withHandlerThatFailsOnce();
    await harness.jobs.enqueue('email:new');
    harness.faults.failPublishes(1, new WarrenError('WARREN_PUBLISH_REFUSED', 'the broker said no'));
    await harness.recorder.next('started');
    await harness.clock.advance(1_000);
    expect(await harness.recorder.next('settleFailed')).toMatchObject({ outcome: 'retry' });
    await harness.recorder.next('completed');
    expect(attempts).toEqual([1, 1]);
  });

  it('keeps a job whose retry cannot be published as long as the broker blocks publishers, and runs it no more often', async () => {
    const attempts = await withHandlerThatFailsOnce();
    await harness.jobs.enqueue('email:new');
    harness.faults.isBlocked = true;
    harness.faults.failPublishes(5, new WarrenError('WARREN_NOT_CONNECTED', 'the broker blocks publishers'));
    await harness.recorder.next('started');
    await harness.clock.advance(4_000);
    expect(attempts).toEqual([1]);
    harness.faults.isBlocked = false;
    await harness.clock.advance(10_000);
    await harness.recorder.next('completed');
    expect(attempts).toEqual([1, 2]);
    expect(harness.recorder.all('settleFailed')).toEqual([]);
  });

  it('runs the next attempt once, however often its publish was repeated for want of a confirm', async () => {
    const attempts = await withHandlerThatFailsOnce();
    await harness.jobs.enqueue('email:new');
    harness.faults.isBlocked = true;
    harness.faults.loseConfirms(3, new WarrenError('WARREN_PUBLISH_TIMEOUT', 'no confirm'));
    await harness.recorder.next('started');
    await harness.clock.advance(20_000);
    await harness.recorder.next('completed');
    await harness.clock.advance(20_000);
    expect(attempts).toEqual([1, 2]);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 0, deadLetters: 0 });
  });

  it('publishes no successor of a job that the broker has taken back meanwhile, and may run elsewhere', async () => {
    const ran: string[] = [];
    await withHandler((_payload, job) => {
      ran.push(`here ${job.attempt}`);
      throw new Error('down');
    });
    await harness.jobs.enqueue('email:new');
    harness.faults.isBlocked = true;
    harness.faults.failPublishes(3, new WarrenError('WARREN_PUBLISH_TIMEOUT', 'no confirm'));
    await harness.recorder.next('started');
    await harness.clock.advance(200);
    const run = (_payload: unknown, job: JobContext) => ran.push(`there ${job.attempt}`);
    const other = await harness.another({ handlers: [{ type: 'email:new', run }] });
    harness.loseConsumers('email');
    await harness.clock.advance(10_000);
    harness.faults.isBlocked = false;
    await harness.clock.advance(10_000);
    await other.recorder.next('completed');
    expect(ran).toEqual(['here 1', 'there 1']);
    expect(harness.recorder.all('retryScheduled')).toEqual([]);
    expect(harness.recorder.all('lost')).toMatchObject([{ why: expect.stringContaining('channel ended') }]);
  });

  it('publishes none either for a job that timed out and was taken back in its grace', async () => {
    const ran: string[] = [];
    await withHandler(
      (_payload, job) => {
        ran.push(`here ${job.attempt}`);
        return new Promise(() => undefined);
      },
      { timeout: '1s' },
    );
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    await harness.clock.advance(2_000);
    const run = (_payload: unknown, job: JobContext) => ran.push(`there ${job.attempt}`);
    const other = await harness.another({ handlers: [{ type: 'email:new', run }] });
    harness.loseConsumers('email');
    await harness.clock.advance(20_000);
    await other.recorder.next('completed');
    expect(ran).toEqual(['here 1', 'there 1']);
  });

  it('gives such a job back when the worker shuts down', async () => {
    await withHandler(() => {
      throw new Error('down');
    });
    await harness.jobs.enqueue('email:new');
    harness.faults.isBlocked = true;
    harness.faults.failPublishes(
      100,
      new WarrenError('WARREN_NOT_CONNECTED', 'the broker blocks publishers'),
    );
    await harness.recorder.next('started');
    await harness.clock.advance(2_000);
    const draining = harness.warren.drain();
    await harness.clock.advance(1_000);
    await draining;
    expect(harness.recorder.all('settleFailed')).toHaveLength(1);
    expect((await harness.broker.stats('email')).ready).toBe(1);
  });

  it('rejects to the dead-letter exchange of the queue when an undecodable message cannot be buried', async () => {
    await withHandler(() => 'ok');
    harness.faults.failBuries(1, new WarrenError('WARREN_PUBLISH_REFUSED', 'no'));
    await harness.broker.publish(
      { body: Buffer.from('{'), type: 'email:new', messageId: 'odd', headers: {} },
      { queue: 'email' },
    );
    await harness.recorder.next('refused');
    expect(await harness.jobs.deadLetters('email').list()).toMatchObject([{ id: 'odd', reason: 'rejected' }]);
  });

  it('does not run a job again whose ack was lost with its channel', async () => {
    const runs: string[] = [];
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    await withHandler(async (_payload, job) => {
      runs.push(job.id);
      await finished;
      return 'sent';
    });
    const job = await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    harness.loseConsumers('email');
    finish();
    expect(await harness.recorder.next('completed')).toMatchObject({ jobId: job.id, result: 'sent' });
    expect(runs).toEqual([job.id]);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 0, deadLetters: 0 });
  });

  it('aborts the signal of a handler whose channel is gone, and runs the job again as redelivered', async () => {
    const runs: boolean[] = [];
    await withHandler(async (_payload, job) => {
      runs.push(job.redelivered);
      if (runs.length > 1) return 'second';
      await new Promise((_resolve, reject) =>
        job.signal.addEventListener('abort', () => reject(job.signal.reason as Error)),
      );
    });
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    harness.loseConsumers('email');
    expect(await harness.recorder.next('lost')).toMatchObject({ attempt: 1 });
    expect(await harness.recorder.next('completed')).toMatchObject({ attempt: 1, result: 'second' });
    expect(runs).toEqual([false, true]);
  });

  it('does not run a job again whose ack was lost twice', async () => {
    let runs = 0;
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    await withHandler(() => {
      runs += 1;
      return finished;
    });
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    for (let count = 0; count < 2; count += 1) {
      harness.loseConsumers('email');
      await settled();
    }
    finish();
    await harness.recorder.next('completed');
    await settled();
    expect(runs).toBe(1);
    expect(harness.recorder.all('completed')).toHaveLength(1);
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 0, deadLetters: 0 });
  });

  it('runs a job again whose channel is gone and whose handler ignores that, five seconds later', async () => {
    let runs = 0;
    await withHandler(() => {
      runs += 1;
      return runs === 1 ? new Promise(() => undefined) : 'second';
    });
    await harness.jobs.enqueue('email:new');
    await harness.recorder.next('started');
    harness.loseConsumers('email');
    await harness.clock.advance(4_999);
    expect(runs).toBe(1);
    await harness.clock.advance(1);
    expect(await harness.recorder.next('lost')).toMatchObject({ attempt: 1 });
    expect(await harness.recorder.next('completed')).toMatchObject({ attempt: 1, result: 'second' });
    expect(harness.lines('warn').join()).toContain('counts as lost');
  });
});
