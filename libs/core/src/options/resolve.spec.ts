import type { Policy } from '../job/policy.js';
import { backoffs, fixed } from '../kernel/backoff.js';
import type { Broker } from '../ports/broker.js';
import { readEnvironment } from './environment.js';
import type { JobsOptions } from './module.js';
import { applyOwn, resolveOptions } from './resolve.js';
import type { RabbitMqSettings } from './settings.js';

const facts = { workerName: 'web-1:42', cores: 4 };
const resolve = (options: JobsOptions, production = false) => resolveOptions(options, { production }, facts);
const URL = 'amqp://user:secret@broker:5672/shop';

const noBroker: Broker = {
  kind: 'fake',
  start: () => Promise.resolve(),
  ensureQueue: () => Promise.resolve(),
  publish: () => Promise.resolve(),
  bury: () => Promise.resolve(),
  consume: () => Promise.reject(new Error('no')),
  visitDeadLetters: () => Promise.resolve(),
  stats: () => Promise.resolve({ ready: 0, deadLetters: 0, consumers: 0 }),
  status: () => ({ state: 'closed', text: '', consumers: [] }),
  close: () => Promise.resolve(),
};

function rabbitMqOf(options: JobsOptions): RabbitMqSettings {
  const { broker } = resolve({ url: URL, ...options });
  if (broker.kind !== 'rabbitmq') throw new Error(`not RabbitMQ but ${broker.kind}`);
  return broker.rabbitmq;
}

describe('settings', () => {
  it('of no options at all are the documented defaults', () => {
    const settings = resolve({});
    expect(settings).toMatchObject({
      app: 'warren',
      connection: 'default',
      broker: { kind: 'memory' },
      publishTimeoutMs: 10_000,
      maxPayloadBytes: 5_000_000,
      worker: { listed: [], shutdownTimeoutMs: 30_000, autoStart: true },
      globalEnhancers: false,
      unprovidedHandlers: 'error',
      log: { attempts: 'problems', fields: false },
    });
    expect(settings.worker && settings.worker.concurrencyOf('email')).toBe(10);
    expect(settings.queues.settingsOf('email')).toEqual({
      maxAttempts: 1_000,
      priorityPolicy: 'weighted',
      spec: {
        name: 'email',
        type: 'quorum',
        deliveryLimit: 5,
        maxLength: undefined,
        maxBytes: undefined,
        overflow: 'reject',
        messageTtlMs: 1_209_600_000,
        deadLetterTtlMs: 1_209_600_000,
        deadLetterMaxLength: 100_000,
        declare: true,
      },
    });
    expect(settings.queues.policyOf('email', undefined, undefined)).toEqual({
      attempts: 10,
      backoff: backoffs.tenMinutes,
      timeoutMs: 900_000,
      deadlineMs: undefined,
      ttlMs: undefined,
      retryIf: undefined,
      track: 'all',
      discardStates: [],
      retention: {
        completed: { ms: 86_400_000, count: 10_000 },
        failed: { ms: 1_209_600_000, count: 10_000 },
      },
    });
  });

  it('of RabbitMQ with a URL alone are the documented defaults', () => {
    expect(rabbitMqOf({})).toEqual({
      app: 'warren',
      urls: [URL],
      declare: true,
      publishTimeoutMs: 10_000,
      maxUnconfirmed: 2_000,
      maxUnconfirmedBytes: 67_108_864,
      queueType: 'quorum',
      connectionHeartbeatMs: 10_000,
      connectTimeoutMs: 10_000,
      connectionName: 'warren web-1:42',
    });
  });

  it('hold what was said, in milliseconds', () => {
    const settings = resolve({
      url: [URL, ' amqps://other:5671 '],
      app: 'shop',
      connection: 'billing',
      publishTimeout: '3s',
      connectionHeartbeat: 5_000,
      declare: false,
      queueType: 'classic',
      globalEnhancers: true,
      maxPayloadBytes: 1_000,
      queues: { email: { type: 'quorum', maxLength: 7, maxAttempts: 3, messageTtl: '1h' } },
      worker: {
        concurrency: 50,
        shutdownTimeout: 0,
        autoStart: false,
        queues: { email: { concurrency: 2 }, other: {} },
      },
    });
    expect(settings).toMatchObject({
      app: 'shop',
      connection: 'billing',
      publishTimeoutMs: 3_000,
      maxPayloadBytes: 1_000,
      globalEnhancers: true,
      worker: { listed: ['email', 'other'], shutdownTimeoutMs: 0, autoStart: false },
      broker: {
        rabbitmq: {
          urls: [URL, 'amqps://other:5671'],
          declare: false,
          connectionHeartbeatMs: 5_000,
          queueType: 'classic',
          connectionName: 'shop (billing) web-1:42',
        },
      },
    });
    const { queues, worker } = settings;
    expect(worker && ['email', 'other', 'third'].map((queue) => worker.concurrencyOf(queue))).toEqual([
      2, 50, 50,
    ]);
    expect(queues.settingsOf('email')).toMatchObject({
      maxAttempts: 3,
      spec: { type: 'quorum', maxLength: 7, messageTtlMs: 3_600_000 },
    });
    expect(worker && [worker.weights, worker.handlerLimits]).toEqual([undefined, undefined]);
    expect(queues.settingsOf('other').spec.type).toBe('classic');
    expect([queues.listed, queues.isListed('email'), queues.isListed('other')]).toEqual([
      ['email'],
      true,
      false,
    ]);
  });

  it('are frozen, and made once for each queue', () => {
    const settings = resolve({ url: URL, queues: { email: {} } });
    const { broker, queues, worker } = settings;
    const values = [settings, broker, rabbitMqOf({}), rabbitMqOf({}).urls, queues, queues.listed, worker];
    for (const value of [...values, queues.settingsOf('email'), queues.settingsOf('email').spec]) {
      expect(Object.isFrozen(value)).toBe(true);
    }
    expect(queues.settingsOf('other')).toBe(queues.settingsOf('other'));
  });

  it('have no worker when worker is false', () => {
    expect(resolve({ worker: false }).worker).toBe(false);
  });

  it('take a broker of the application as it is', () => {
    expect(resolve({ broker: noBroker }, true).broker).toEqual({ kind: 'given', broker: noBroker });
  });

  it('stay in memory when that is said, even with a URL', () => {
    expect(resolve({ url: URL, broker: 'memory' }).broker).toEqual({ kind: 'memory' });
  });
});

describe('production', () => {
  it('refuses to keep jobs in memory unless that is allowed', () => {
    for (const options of [{}, { url: undefined }, { broker: 'memory', url: URL }] as const) {
      expect(() => resolve(options, true)).toThrow(
        expect.objectContaining({ code: 'WARREN_IN_MEMORY_REFUSED' }),
      );
      expect(resolve({ ...options, allowInMemory: true }, true).broker).toEqual({ kind: 'memory' });
    }
    expect(() => resolve({}, true)).toThrow(/NODE_ENV is production .*url is undefined.*allowInMemory: true/);
    expect(resolve({ url: URL }, true).broker.kind).toBe('rabbitmq');
  });

  it('is told by NODE_ENV alone', () => {
    const before = process.env['NODE_ENV'];
    try {
      process.env['NODE_ENV'] = 'production';
      expect(readEnvironment()).toMatchObject({ production: true });
      process.env['NODE_ENV'] = 'Production ';
      expect(readEnvironment()).toMatchObject({ production: false });
      delete process.env['NODE_ENV'];
      expect(readEnvironment()).toMatchObject({ production: false });
    } finally {
      if (before !== undefined) process.env['NODE_ENV'] = before;
    }
  });
});

describe('the policy of a handler', () => {
  const retryIf = (): boolean => true;
  const { queues } = resolve({
    defaults: { attempts: 2, timeout: '2s', deadline: '2h', ttl: '2m', backoff: fixed(2) },
    queues: { email: { attempts: 3, timeout: '3s', ttl: '3m', maxAttempts: 6 }, capped: { maxAttempts: 1 } },
  });

  it('comes from handler, definition, queue, module, built-in, in this order, option by option', () => {
    expect(queues.policyOf('other', undefined, undefined)).toMatchObject({ attempts: 2, timeoutMs: 2_000 });
    expect(queues.policyOf('email', undefined, undefined)).toMatchObject({ attempts: 3, timeoutMs: 3_000 });
    expect(queues.policyOf('email', undefined, { attempts: 4, ttl: '4m' })).toMatchObject({
      attempts: 4,
      ttlMs: 240_000,
    });
    expect(queues.policyOf('email', { attempts: 5, retryIf }, { attempts: 4, ttl: '4m' })).toMatchObject({
      attempts: 5,
      ttlMs: 240_000,
      timeoutMs: 3_000,
      deadlineMs: 7_200_000,
      backoff: fixed(2),
      retryIf,
    });
  });

  it('takes undefined for not said, and false for never', () => {
    const policy = queues.policyOf(
      'email',
      { attempts: undefined as never, timeout: false, deadline: false },
      undefined,
    );
    expect(policy).toMatchObject({
      attempts: 3,
      timeoutMs: undefined,
      deadlineMs: undefined,
      ttlMs: 180_000,
    });
  });

  it('never exceeds maxAttempts of the queue', () => {
    expect(queues.policyOf('email', { attempts: 50 }, undefined).attempts).toBe(6);
    expect(queues.policyOf('capped', undefined, undefined).attempts).toBe(1);
  });

  it('is frozen', () => {
    expect(Object.isFrozen(queues.policyOf('email', undefined, undefined))).toBe(true);
  });
});

describe('what a job asks for itself', () => {
  const policy: Policy = Object.freeze({
    attempts: 10,
    backoff: fixed(1),
    timeoutMs: 1_000,
    deadlineMs: 5_000,
    ttlMs: undefined,
    retryIf: undefined,
    track: 'all',
    discardStates: [],
    retention: {
      completed: { ms: 86_400_000, count: undefined },
      failed: { ms: 1_209_600_000, count: undefined },
    },
  });

  it('is nothing for most, and then the very policy of the handler counts', () => {
    expect(applyOwn(policy, {}, 1_000)).toBe(policy);
    expect(applyOwn(policy, { maxAttempts: 10 }, 1_000)).toBe(policy);
  });

  it('wins over the handler, with attempts up to maxAttempts of the queue', () => {
    expect(applyOwn(policy, { maxAttempts: 20, timeoutMs: 2, ttlMs: 3, backoff: fixed(4) }, 15)).toEqual({
      ...policy,
      attempts: 15,
      timeoutMs: 2,
      ttlMs: 3,
      backoff: fixed(4),
    });
    expect(applyOwn(policy, { maxAttempts: 1 }, 15)).toEqual({ ...policy, attempts: 1 });
    expect(applyOwn(policy, { ttlMs: 0 }, 15)).toEqual({ ...policy, ttlMs: 0 });
  });
});
