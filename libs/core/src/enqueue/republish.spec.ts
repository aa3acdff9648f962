import { createMemoryBroker, type MemoryBroker } from '../broker/memory/index.js';
import { readMessage } from '../job/wire.js';
import { createIdSource } from '../kernel/ids.js';
import type { Moment } from '../observe/moments.js';
import { Observers } from '../observe/observers.js';
import { resolveOptions } from '../options/resolve.js';
import type { EndedAttempt, JobRecord } from '../ports/job-record.js';
import type { Delivery } from '../ports/delivery.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { BatchedRecords } from '../store/batching/index.js';
import { ManualClock } from '../testing/manual-clock.js';
import { seededRandom } from '../testing/seeded-random.js';
import { until } from '../testing/until.js';
import { createRepublish, envelopeOfRecord } from './republish.js';

const error = { name: 'Error', message: 'no' };
const ended = (number: number, outcome: EndedAttempt['outcome']): EndedAttempt => ({
  number,
  startedAt: number,
  endedAt: number + 1,
  worker: 'w',
  outcome,
  ...((outcome === 'retry' || outcome === 'failed') && { error }),
});

const record = (overrides: Partial<JobRecord> = {}): JobRecord => ({
  id: 'a',
  type: 'email:new',
  queue: 'email',
  state: 'queued',
  reason: undefined,
  generation: 5,
  payload: '{"to":"é"}',
  carried: '{"headers":{"tenant":"t"},"own":{"maxAttempts":3,"ttlMs":9},"deadlineAt":77}',
  result: undefined,
  error: undefined,
  progress: undefined,
  createdAt: 10,
  dueAt: undefined,
  startedAt: undefined,
  endedAt: undefined,
  changedAt: 20,
  attempt: 2,
  maxAttempts: 3,
  worker: undefined,
  timeoutMs: undefined,
  priority: 4,
  uniqueKey: 'u',
  correlationId: 'c',
  parentId: 'p',
  rootId: 'r',
  tags: [],
  attempts: [],
  lines: [],
  cancellation: undefined,
  ...overrides,
});

const at = { app: 'shop', token: 'new', now: 50 };

describe('a new message of a job that is remembered', () => {
  it('goes on with the next attempt, due now, with all that the job was enqueued with', () => {
    expect(envelopeOfRecord(record(), 'next', at)).toEqual({
      id: 'a',
      type: 'email:new',
      queue: 'email',
      attempt: 3,
      enqueuedAt: 10,
      notBefore: 50,
      deadlineAt: 77,
      own: { maxAttempts: 3, ttlMs: 9 },
      priority: 4,
      uniqueKey: 'u',
      generation: 5,
      token: 'new',
      correlationId: 'c',
      parentId: 'p',
      rootId: 'r',
      appId: 'shop',
      headers: { tenant: 't' },
      history: [],
    });
  });

  it('begins anew as if enqueued now, without its deadline and history', () => {
    const job = record({ attempt: 0, attempts: [ended(1, 'retry'), ended(2, 'failed')] });
    expect(envelopeOfRecord(job, 'anew', at)).toMatchObject({
      attempt: 1,
      enqueuedAt: 50,
      notBefore: undefined,
      deadlineAt: undefined,
      own: { ttlMs: 9 },
      history: [],
    });
  });

  it('brings the failed attempts since it last began anew, and no others', () => {
    const attempts = [
      ended(1, 'retry'),
      ended(2, 'failed'),
      ended(1, 'snoozed'),
      ended(1, 'retry'),
      ended(2, 'lost'),
      ended(2, 'retry'),
      ended(3, 'interrupted'),
    ];
    const { history } = envelopeOfRecord(record({ attempts }), 'next', at);
    expect(history.map(({ number }) => number)).toEqual([1, 2]);
  });

  describe('is published', () => {
    const clock = new ManualClock();
    let broker: MemoryBroker;
    let store: MemoryJobStore;
    const told: Moment[] = [];

    const republishing = (fault?: Error) => {
      broker = createMemoryBroker({ clock });
      store = new MemoryJobStore({ clock });
      told.length = 0;
      const nothing = () => undefined;
      const observers = new Observers({ error: nothing, warn: nothing, info: nothing, debug: nothing });
      observers.add((moment) => void told.push(moment));
      const settings = resolveOptions(
        {},
        { production: false, test: true },
        {
          workerName: 'w',
          cores: 1,
        },
      );
      const publish = fault ? () => Promise.reject(fault) : broker.publish.bind(broker);
      return createRepublish({
        settings,
        broker: { ensureQueue: broker.ensureQueue.bind(broker), publish } as MemoryBroker,
        clock,
        ids: createIdSource(clock, seededRandom(1)),
        observers,
        records: new BatchedRecords({
          records: store.records,
          clock,
          listener: { onUp: nothing, onDown: nothing },
        }),
      });
    };

    it('with its generation and the payload as it was, and is told of', async () => {
      await republishing()(record({ attempt: 0, carried: undefined }), 'anew');
      const deliveries: Delivery[] = [];
      await broker.consume(
        'email',
        { prefetch: 1 },
        { onDelivery: (delivery) => void deliveries.push(delivery), onLost: () => undefined },
      );
      await until(() => deliveries.length === 1, 'the message arrives');
      const { message } = deliveries[0]!;
      expect(JSON.parse(Buffer.from(message.body).toString())).toEqual({ to: 'é' });
      expect(readMessage(message, 'email', 0, () => '')).toMatchObject({
        ok: true,
        envelope: { id: 'a', attempt: 1, generation: 5, headers: {} },
      });
      expect(told).toMatchObject([{ kind: 'enqueued', jobId: 'a', attempt: 1 }]);
      await broker.close();
    });

    it('or not: then the store has it as enqueue_failed, and the error says what to do', async () => {
      const republish = republishing(new Error('the broker is full'));
      const { createdAt } = record();
      await store.records.enqueued([{ ...record(), createdAt, generation: 5 }]);
      await expect(republish(record(), 'next')).rejects.toMatchObject({
        code: 'WARREN_NOT_REPUBLISHED',
        message: expect.stringMatching(/the broker is full.*call jobs\.retry\(id\)/) as string,
      });
      expect((await store.reads.get(['a']))[0]).toMatchObject({
        state: 'enqueue_failed',
        error: { message: 'the broker is full' },
      });
      expect(told).toMatchObject([{ kind: 'enqueueFailed', jobId: 'a', attempt: 3 }]);
    });

    it('not without a payload', async () => {
      await expect(republishing()(record({ payload: undefined }), 'next')).rejects.toMatchObject({
        code: 'WARREN_PAYLOAD_NOT_KEPT',
      });
      expect(told).toEqual([]);
    });
  });
});
