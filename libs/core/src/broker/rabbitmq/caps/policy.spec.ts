import { capsIn, definitionOf, exactPattern, planFor, type Definition, type Policy } from './policy.js';

const queue = { name: 'shop.q.email.new', type: 'quorum' as const };
const policy = (more: Partial<Policy> = {}): Policy => ({
  name: 'all',
  pattern: '.*',
  'apply-to': 'queues',
  priority: 0,
  definition: {},
  ...more,
});
const own = (definition: Definition, more: Partial<Policy> = {}): Policy =>
  policy({ name: queue.name, pattern: exactPattern(queue.name), priority: 10, definition, ...more });

describe('limits as parts of policies', () => {
  it('stand in the policy of the queue or in that of its dead letters', () => {
    const caps = {
      maxLength: 5,
      maxBytes: 6,
      overflow: 'drop-oldest',
      messageTtlMs: 7,
      deliveryLimit: 8,
      deadLetterTtlMs: 9,
      deadLetterMaxLength: 10,
    } as const;
    const ofJobs = definitionOf(caps, 'jobs');
    const ofDead = definitionOf(caps, 'dead letters');
    expect(ofJobs).toEqual({
      'max-length': 5,
      'max-length-bytes': 6,
      overflow: 'drop-head',
      'message-ttl': 7,
      'delivery-limit': 8,
    });
    expect(ofDead).toEqual({ 'message-ttl': 9, 'max-length': 10 });
    expect({ ...capsIn(ofJobs, 'jobs'), ...capsIn(ofDead, 'dead letters') }).toEqual(caps);
    expect(capsIn({ overflow: 'reject-publish', 'ha-mode': 'all' }, 'jobs')).toEqual({});
  });
});

describe('the policy of a queue', () => {
  it('matches it alone', () => {
    const pattern = new RegExp(exactPattern(queue.name));
    expect(pattern.test(queue.name)).toBe(true);
    for (const other of ['shop.q.emailxnew', 'xshop.q.email.new', 'shop.q.email.newer']) {
      expect(pattern.test(other)).toBe(false);
    }
  });

  it('is made, changed and taken away with its last limit', () => {
    const made = planFor(queue, [], { 'max-length': 5 });
    expect(made).toEqual({ kind: 'put', policy: own({ 'max-length': 5 }) });
    const before = [own({ 'max-length': 5 })];
    expect(planFor(queue, before, { 'message-ttl': 9 })).toMatchObject({
      policy: { definition: { 'max-length': 5, 'message-ttl': 9 } },
    });
    expect(planFor(queue, before, { 'max-length': undefined })).toEqual({ kind: 'delete' });
    expect(planFor(queue, [], { 'max-length': undefined })).toEqual({ kind: 'nothing' });
  });

  it('says what the policy says that would apply without it, and stands above', () => {
    const strangers = [
      policy({ priority: 3, definition: { 'delivery-limit': 4 } }),
      policy({
        name: 'big',
        pattern: '^shop',
        priority: 20,
        definition: { 'max-length': 9, federation: 'x' },
      }),
      policy({ name: 'elsewhere', pattern: '^blog', priority: 99, definition: { expires: 1 } }),
      policy({ name: 'exchanges', 'apply-to': 'exchanges', priority: 99 }),
      policy({ name: 'classic', 'apply-to': 'classic_queues', priority: 99 }),
    ];
    const plan = planFor(queue, strangers, { 'max-length': 5 });
    expect(plan).toEqual({
      kind: 'put',
      policy: own({ 'max-length': 5, federation: 'x' }, { priority: 21 }),
    });
    // What it took over is not taken for a limit of ours.
    const both = [own({ 'max-length': 5, federation: 'x' }, { priority: 21 }), ...strangers];
    expect(planFor(queue, both, { 'max-length': undefined })).toEqual({ kind: 'delete' });
  });

  it.each<[string, Policy, Definition, RegExp]>([
    [
      'says less',
      policy({ definition: { 'max-length': 3 } }),
      { 'max-length': 5 },
      /'all' stands in the way: it says max-length: 3/,
    ],
    [
      'says otherwise',
      policy({ definition: { overflow: 'reject-publish' } }),
      { overflow: 'drop-head' },
      /overflow: "reject-publish"/,
    ],
    [
      'has its name',
      policy({ name: queue.name, pattern: '^x' }),
      { 'max-length': 5 },
      /its pattern is '\^x', so somebody else made it/,
    ],
    [
      'cannot be read',
      policy({ pattern: '(?i)shop' }),
      { 'max-length': 5 },
      /whether its pattern '\(\?i\)shop' matches cannot be told/,
    ],
  ])('is not made where another one %s', (_, other, change, text) => {
    expect(planFor(queue, [other], change)).toEqual({
      kind: 'refused',
      why: expect.stringMatching(text) as string,
    });
  });
});
