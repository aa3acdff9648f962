import { JobContext } from '../job/context.js';
import type { MemoryBroker } from '../broker/memory/index.js';
import { defineJob, type StandardSchema } from '../job/definition.js';
import { custom } from '../kernel/backoff.js';
import { silentLogger } from '../kernel/logger.js';
import type { Broker, QueueSpec } from '../ports/broker.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { Warren } from './warren.js';

describe('enqueueing', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  it('starts a delayed job when it is due, not before', async () => {
    harness = await startHarness({ handlers: [{ type: 'email:new', run: () => 'ok' }] });
    await harness.jobs.enqueue('email:new', null, { delay: '5m' });
    await harness.clock.advance(299_999);
    expect(harness.recorder.all('started')).toEqual([]);
    await harness.clock.advance(1);
    expect(await harness.recorder.next('completed')).toMatchObject({ attempt: 1 });
  });

  it('keeps a job that was enqueued before any worker ever ran', async () => {
    harness = await startHarness({ handlers: [], options: { worker: false } });
    const job = await harness.jobs.enqueue('email:new', { to: 'a@example.com' });
    const worker = await harness.another({ handlers: [{ type: 'email:new', run: (payload) => payload }] });
    expect(await worker.recorder.next('completed')).toMatchObject({
      jobId: job.id,
      result: { to: 'a@example.com' },
    });
  });

  it('hands the correlation id of a running job on to those it enqueues', async () => {
    harness = await startHarness({
      handlers: [
        { type: 'order:new', run: () => harness.jobs.enqueue('email:new') },
        { type: 'email:new', run: () => JobContext.current().correlationId },
      ],
    });
    await harness.jobs.enqueue('order:new', null, { correlationId: 'request-7' });
    await harness.recorder.next('completed', ({ type }) => type === 'email:new');
    const [, email] = harness.recorder.all('completed');
    expect(email).toMatchObject({ result: 'request-7', correlationId: 'request-7' });
  });

  it.each([
    ['a wrong type', 'email new', {}, /no job type|a job type is made of/],
    ['an unlisted queue', 'email:new', { queue: 'bulkk' }, /Did you mean 'bulk'/],
    ['delay and runAt together', 'email:new', { delay: 1, runAt: new Date(0) }, /delay.*runAt|runAt.*delay/],
    ['a delay that is no duration', 'email:new', { delay: 'soon' }, /delay/],
    ['a custom backoff', 'email:new', { backoff: custom(() => 1) }, /custom/],
    ['a reserved header', 'email:new', { headers: { 'warren-v': 2 } }, /warren-/],
    ['an unknown option', 'email:new', { delya: 5 }, /delay/],
  ])('refuses %s with an error that names it', async (_what, type, options: object, problem) => {
    harness = await startHarness({ handlers: [], options: { queues: { bulk: {} } } });
    await expect(harness.jobs.enqueue(type, null, options)).rejects.toThrow(problem);
  });

  it('enqueues before the worker started, and throws WARREN_CLOSED after shutdown', async () => {
    harness = await startHarness({ handlers: [{ type: 'email:new', run: () => 'ok' }], start: false });
    await harness.jobs.enqueue('email:new');
    await harness.warren.start();
    await harness.recorder.next('completed');
    await harness.warren.close();
    await expect(harness.jobs.enqueue('email:new')).rejects.toMatchObject({ code: 'WARREN_CLOSED' });
  });

  it('puts jobs of a definition with a queue of its own into that queue', async () => {
    const Invoice = defineJob<string>()('invoice:pdf', { queue: 'bulk' });
    harness = await startHarness({
      handlers: [{ type: 'invoice:pdf', definition: Invoice, run: (_payload, job) => job.queue }],
      options: { queues: { bulk: {} } },
    });
    const job = await harness.jobs.enqueue(Invoice, { order: 7 });
    expect(job.queue).toBe('bulk');
    expect(await harness.recorder.next('completed')).toMatchObject({ queue: 'bulk', result: 'bulk' });
  });

  it('gives the result of the run to the middleware around it', async () => {
    const seen: unknown[] = [];
    harness = await startHarness({
      handlers: [{ type: 'email:new', run: () => 'sent' }],
      options: {
        middleware: {
          run: [
            async (job, next) => {
              const result = await next();
              seen.push(job.type, result);
              return result;
            },
          ],
        },
      },
    });
    await harness.jobs.enqueue('email:new');
    expect(await harness.recorder.next('completed')).toMatchObject({ result: 'sent' });
    expect(seen).toEqual(['email:new', 'sent']);
  });

  it('refuses a payload above maxPayloadBytes, and says by how much', async () => {
    harness = await startHarness({ handlers: [], options: { maxPayloadBytes: 10 } });
    await harness.jobs.enqueue('email:new', '12345678');
    await expect(harness.jobs.enqueue('email:new', '123456789')).rejects.toMatchObject({
      code: 'WARREN_PAYLOAD_TOO_LARGE',
      message: expect.stringMatching(
        /^enqueue\('email:new'\): .* 11 bytes; maxPayloadBytes allows 10/,
      ) as string,
    });
  });

  it('does not wait for the answer to the declaration of a queue: the broker holds what is published', async () => {
    harness = await startHarness({ handlers: [], options: { worker: false } });
    const { broker, clock } = harness;
    const asked: string[] = [];
    const slow: Broker = Object.assign(Object.create(broker) as MemoryBroker, {
      ensureQueue: (spec: QueueSpec) => {
        asked.push(spec.name);
        void broker.ensureQueue(spec);
        return new Promise<void>(() => undefined);
      },
    });
    const warren = new Warren({ options: { broker: slow }, logger: silentLogger, clock });
    await warren.jobs.enqueue('email:new');
    await warren.jobs.enqueue('email:new');
    expect(asked).toEqual(['email']);
    expect(await broker.stats('email')).toMatchObject({ ready: 2 });
  });

  it('fails with the refusal of its queue, and asks again the next time', async () => {
    harness = await startHarness({ handlers: [], options: { worker: false } });
    const other = await harness.another({ options: { queues: { email: { maxLength: 5 } }, worker: false } });
    await other.jobs.enqueue('email:new');
    for (let round = 0; round < 2; round += 1) {
      await expect(harness.jobs.enqueue('email:new')).rejects.toMatchObject({
        code: 'WARREN_TOPOLOGY_MISMATCH',
      });
      await expect(harness.jobs.enqueue('email:new', null, { delay: 5 })).rejects.toMatchObject({
        code: 'WARREN_TOPOLOGY_MISMATCH',
      });
    }
    expect(await harness.broker.stats('email')).toMatchObject({ ready: 1 });
  });

  it('waits for no first try to connect', async () => {
    harness = await startHarness({ handlers: [], start: false });
    const { broker, clock } = harness;
    const connecting: Broker = Object.assign(Object.create(broker) as MemoryBroker, {
      start: () => new Promise<void>(() => undefined),
    });
    const warren = new Warren({ options: { broker: connecting }, logger: silentLogger, clock });
    expect(await warren.jobs.enqueue('email:new')).toMatchObject({ queue: 'email' });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['7', 7],
  ])('names the call that was given %s for a definition', async (text, job) => {
    harness = await startHarness({ handlers: [] });
    await expect(harness.jobs.enqueue(job as never, 1)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(
        new RegExp(`^enqueue\\(${text}\\): .*files that import each other`),
      ) as string,
    });
  });

  it('checks the policy of a definition, whoever runs its jobs', async () => {
    const Wrong = defineJob()('email:new', { attempts: 0, timeout: 'soon' as never });
    harness = await startHarness({ handlers: [], options: { worker: false } });
    for (let round = 0; round < 2; round += 1) {
      await expect(harness.jobs.enqueue(Wrong, 1)).rejects.toMatchObject({
        code: 'WARREN_CONFIGURATION',
        problems: [
          expect.stringMatching(/^enqueue\('email:new'\): defineJob\('email:new'\) option attempts: 0/),
          expect.stringMatching(/option timeout: "soon"/),
        ],
      });
    }
  });

  it('leaves the policy of a definition to the handler that names it, below what the handler says', async () => {
    const Once = defineJob()('email:new', { attempts: 1, timeout: '5s' });
    harness = await startHarness({
      handlers: [
        { type: 'email:new', definition: Once, options: { attempts: 3 }, run: (_, job) => job.maxAttempts },
      ],
    });
    await harness.jobs.enqueue(Once, 1);
    expect(await harness.recorder.next('completed')).toMatchObject({ result: 3 });
    const prefix = await harness.another({
      handlers: [{ type: 'sms:', run: (_, job) => job.maxAttempts }],
      options: { defaults: { attempts: 7 } },
    });
    await prefix.jobs.enqueue(defineJob()('sms:new', { attempts: 1 }), 1);
    expect(await prefix.recorder.next('completed')).toMatchObject({ result: 7 });
  });

  it('ends in order what is under way when the application closes', async () => {
    harness = await startHarness({ handlers: [], options: { worker: false } });
    const clock = harness.clock;
    const warren = new Warren({ options: { broker: 'memory' }, logger: silentLogger, clock });
    await warren.start();
    let letThrough = (): void => undefined;
    const late: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => new Promise((resolve) => (letThrough = () => resolve({ value }))),
      },
    };
    const atOnce = warren.jobs.enqueue('email:new', 1);
    const validating = warren.jobs.enqueue(defineJob()('email:new', { payload: late }), 1);
    const closing = warren.close();
    await expect(atOnce).resolves.toMatchObject({ type: 'email:new' });
    await closing;
    letThrough();
    await expect(validating).rejects.toMatchObject({ code: 'WARREN_CLOSED' });
  });
});
