import { topologyNames } from '../topology/names.js';
import { baseObjects, queueObjects, type QueueObject, type QueueRole } from '../topology/objects.js';
import { policyEffects } from './policy-effects.js';

const names = topologyNames('shop');

function queueOf(role: QueueRole, type: 'quorum' | 'classic' = 'quorum', maxLength?: number): QueueObject {
  const spec = {
    name: 'email',
    type,
    deliveryLimit: 5,
    maxLength,
    overflow: 'reject' as const,
    messageTtlMs: 60_000,
    deadLetterTtlMs: 60_000,
    deadLetterMaxLength: 100,
  };
  const objects = [...baseObjects(names, type), ...queueObjects(spec, names)];
  return objects.find((object) => object.kind === 'queue' && object.role === role) as QueueObject;
}

const told = (queue: QueueObject, definition: Record<string, unknown>): string[] =>
  policyEffects(queue, definition).map(({ level, text }) => `${level}: ${text}`);

describe('what a policy does to a queue', () => {
  it.each([
    ['jobs', { expires: 60_000 }, /^fail: expires: the queue is deleted .* used it for 1m$/],
    ['jobs', { overflow: 'drop-head' }, /^fail: overflow is drop-head instead of reject-publish/],
    ['delay level', { overflow: 'drop-head' }, /^fail: overflow is drop-head/],
    ['dead letters', { overflow: 'reject-publish' }, /^warn: .* when the dead letters are full/],
    ['jobs', { 'delivery-limit': 4 }, /^warn: the delivery limit is 4 instead of 5/],
    ['dead letters', { 'delivery-limit': 20 }, /^fail: the delivery limit is 20: .* dropped/],
    ['unroutable', { 'delivery-limit': 20 }, /^fail: the delivery limit is 20/],
    ['jobs', { 'message-ttl': 1_000 }, /^warn: message-ttl is 1s instead of 1m: .* dead letters/],
    ['unroutable', { 'message-ttl': 1_000 }, /^fail: message-ttl is 1s: jobs there are dropped/],
    ['dead letters', { 'message-ttl': 1_000 }, /^warn: .* the dead letters are dropped after it/],
    ['jobs', { 'max-length': 10 }, /^fail: max-length is 10, and Warren does not know of it.* Set maxLength/],
    ['jobs', { 'max-length-bytes': 10 }, /^fail: max-length-bytes is 10, and Warren does not know of it/],
    ['dead letters', { 'max-length': 10 }, /^warn: max-length is 10: above it the oldest are dropped/],
    ['delay level', { 'max-length': 10 }, /^fail: max-length is 10: .* refused or held up/],
    ['dead letters', { 'dead-letter-exchange': 'other' }, /^warn: dead-letter-exchange is other/],
  ] as const)('of %s: %o', (role, definition, expected) => {
    expect(told(queueOf(role), definition)).toEqual([expect.stringMatching(expected)]);
  });

  it('can make a delay end early', () => {
    const level = {
      ...queueOf('delay level'),
      arguments: { 'x-queue-type': 'quorum', 'x-message-ttl': 4_096 },
    };
    expect(told(level, { 'message-ttl': 1_000 })).toEqual([
      expect.stringMatching(/^fail: .* run too early$/),
    ]);
    expect(told(level, { 'message-ttl': 4_096 })).toEqual([]);
  });

  it('makes a known limit lower', () => {
    const limited = queueOf('jobs', 'quorum', 100);
    expect(told(limited, { 'max-length': 10 })).toEqual([
      expect.stringMatching(/^warn: .*WARREN_QUEUE_FULL/),
    ]);
    expect(told(limited, { 'max-length': 1_000 })).toEqual([]);
  });

  it.each([
    ['jobs', {}],
    ['jobs', { overflow: 'reject-publish', 'delivery-limit': 5, 'message-ttl': 60_000 }],
    ['jobs', { 'delivery-limit': 50 }],
    // Takes a limit away; that of the argument stays.
    ['jobs', { 'delivery-limit': -1 }],
    // Those of the arguments win.
    ['jobs', { 'dead-letter-exchange': 'other', 'dead-letter-strategy': 'at-most-once' }],
    ['jobs', { 'consumer-timeout': 3_600_000 }],
    // It has none and counts none.
    ['delay level', { 'delivery-limit': 3 }],
  ] as const)('is nothing, of %s: %o', (role, definition) => {
    expect(told(queueOf(role), definition)).toEqual([]);
  });

  it('leaves the overflow of a classic queue as it was declared', () => {
    expect(told(queueOf('jobs', 'classic'), { overflow: 'drop-head' })).toEqual([]);
  });
});
