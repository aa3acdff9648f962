import type { QueueSpec } from '../../../ports/broker.js';
import { topologyNames } from './names.js';
import {
  deadQueueArguments,
  delayQueueArguments,
  jobQueueArguments,
  refusesWhenFull,
  unroutableQueueArguments,
  waitingRoomArguments,
} from './queues.js';

const names = topologyNames('shop');
const spec: QueueSpec = {
  name: 'email',
  type: 'quorum',
  deliveryLimit: 5,
  maxLength: undefined,
  overflow: 'reject',
  messageTtlMs: 1_000,
  deadLetterTtlMs: 2_000,
  deadLetterMaxLength: 100,
};
const classic: QueueSpec = { ...spec, type: 'classic' };

/** What RabbitMQ wants before it dead-letters at least once. */
const LOSSLESS = {
  'x-queue-type': 'quorum',
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
  'x-dead-letter-exchange': expect.any(String) as string,
};

describe('names at the broker', () => {
  it('all begin with the application, and none stands for two things', () => {
    const queues = [
      names.unroutable,
      ...['email', 'unroutable', 'v1.3', 'dead.email'].flatMap((name) => [
        names.queue(name),
        names.deadQueue(name),
        names.waitingRoom(name),
      ]),
      ...[0, 3, 31].map((level) => names.delayLevel(level)),
    ];
    expect(new Set(queues).size).toBe(queues.length);
    for (const name of queues) expect(name).toMatch(/^shop\./);
  });
});

describe('arguments of queues', () => {
  it('let no message get lost between quorum queues', () => {
    expect(jobQueueArguments(spec, names)).toMatchObject(LOSSLESS);
    expect(delayQueueArguments(7, 'quorum', 'next')).toMatchObject(LOSSLESS);
    expect(waitingRoomArguments(spec.name, names)).toMatchObject(LOSSLESS);
    expect(waitingRoomArguments('email@+1', names)).toMatchObject(LOSSLESS);
  });

  it('carry limits in length and bytes, of which each makes a refusing queue full', () => {
    expect(jobQueueArguments({ ...spec, maxBytes: 900 }, names)).toMatchObject({ 'x-max-length-bytes': 900 });
    expect(refusesWhenFull({ ...spec, maxBytes: 900 })).toBe(true);
    expect(refusesWhenFull({ ...spec, maxBytes: 900, overflow: 'drop-oldest' })).toBe(false);
  });

  it('name nothing that classic queues do not know', () => {
    const all = [
      jobQueueArguments(classic, names),
      deadQueueArguments(classic),
      delayQueueArguments(7, 'classic', 'next'),
      unroutableQueueArguments('classic'),
    ];
    for (const each of all) {
      expect(each['x-queue-type']).toBe('classic');
      expect(each).not.toHaveProperty('x-dead-letter-strategy');
      expect(each).not.toHaveProperty('x-delivery-limit');
    }
  });

  it('name a length limit only when there is one', () => {
    expect(jobQueueArguments(spec, names)).not.toHaveProperty('x-max-length');
    expect(jobQueueArguments({ ...spec, maxLength: 7 }, names)).toMatchObject({ 'x-max-length': 7 });
  });

  it('drop the oldest only where that is asked for, and claim no lossless dead-lettering then', () => {
    const dropping = jobQueueArguments({ ...spec, maxLength: 7, overflow: 'drop-oldest' }, names);
    expect(dropping).toMatchObject({
      'x-max-length': 7,
      'x-overflow': 'drop-head',
      'x-dead-letter-strategy': 'at-most-once',
      'x-delivery-limit': 5,
    });
    expect(jobQueueArguments({ ...classic, maxLength: 7, overflow: 'drop-oldest' }, names)).toMatchObject({
      'x-overflow': 'drop-head',
    });
    expect(refusesWhenFull({ ...spec, maxLength: 7 })).toBe(true);
    expect(refusesWhenFull({ ...spec, maxLength: 7, overflow: 'drop-oldest' })).toBe(false);
    expect(refusesWhenFull(spec)).toBe(false);
  });

  it('let dead letters drop their oldest, and be looked at for ever', () => {
    expect(deadQueueArguments(spec)).toMatchObject({ 'x-overflow': 'drop-head', 'x-max-length': 100 });
    expect(deadQueueArguments(spec)['x-delivery-limit']).toBeGreaterThan(1_000_000);
  });

  it('hold each delay level for its power of two', () => {
    expect(delayQueueArguments(0, 'quorum', 'n')['x-message-ttl']).toBe(1);
    expect(delayQueueArguments(31, 'quorum', 'n')['x-message-ttl']).toBe(2_147_483_648);
  });
});
