import type { QueueSpec } from '../../../ports/broker.js';
import { topologyNames } from '../topology/names.js';
import { queueObjects, type QueueObject } from '../topology/objects.js';
import type { ObjectState } from './amqp-look.js';
import { givenDifferences } from './differences.js';
import { givenFindings } from './given-findings.js';
import { known, unknown } from './management-api.js';
import type { QueueFacts } from './management-facts.js';

const names = topologyNames('shop');
const spec: QueueSpec = {
  name: 'audit',
  type: 'quorum',
  deliveryLimit: 5,
  maxLength: undefined,
  overflow: 'reject',
  messageTtlMs: 3_600_000,
  deadLetterTtlMs: 3_600_000,
  deadLetterMaxLength: 100,
  declare: false,
};

function findings(
  role: 'jobs' | 'dead letters',
  change: Record<string, unknown>,
  { over = {}, definition = {} }: { over?: Partial<QueueSpec>; definition?: Record<string, unknown> } = {},
): string[] {
  const queue = queueObjects({ ...spec, ...over }, names).find(
    (object): object is QueueObject => object.kind === 'queue' && object.role === role,
  )!;
  const made = Object.entries({ ...queue.arguments, ...change }).filter(([, value]) => value !== undefined);
  const facts: QueueFacts = {
    arguments: Object.fromEntries(made),
    policy: '',
    definition,
    members: [],
    online: [],
  };
  const queues = known(new Map([[queue.name, facts]]));
  const state: ObjectState = { kind: 'equal', messages: 0, consumers: 0 };
  const group = { subject: 'queue audit', needs: { spec, longestHoldMs: undefined, isConsumed: true } };
  return givenFindings(group, queue, givenDifferences(queue, state, queues), queues).map(
    ({ level, message, fix }) => `${level}: ${message} ${fix}`,
  );
}

describe('a queue that somebody else made', () => {
  it('has nothing to mend where it is as Warren would make it, or says more', () => {
    expect(findings('jobs', { 'x-queue-leader-locator': 'balanced' })).toEqual([]);
    expect(findings('dead letters', { 'x-max-length': undefined, 'x-message-ttl': undefined })).toEqual([]);
  });

  it.each([
    [{ 'x-max-length': 50 }, 'fail', 'while the queue is full, delayed jobs of all queues wait behind it'],
    [{ 'x-max-length-bytes': 50 }, 'fail', 'Set the option queues.audit.maxBytes to what the queue has'],
    [{ 'x-dead-letter-exchange': undefined }, 'fail', 'do not come to its dead letters'],
    [{ 'x-dead-letter-exchange': 'else' }, 'fail', "go by 'else' and not to its dead letters"],
    [{ 'x-dead-letter-strategy': undefined }, 'warn', 'may be lost'],
    [{ 'x-overflow': 'drop-head' }, 'warn', 'a full queue drops its oldest jobs'],
    [{ 'x-message-ttl': 60_000 }, 'warn', 'jobs that wait longer than 1m go to the dead letters'],
    [{ 'x-message-ttl': undefined }, 'warn', 'jobs wait there for ever'],
    [{ 'x-delivery-limit': 20 }, 'warn', 'jobs count as poison after 20 crashes'],
    [{ 'x-queue-type': 'classic' }, 'warn', 'it lives on one node'],
    [{ 'x-expires': 60_000 }, 'fail', 'when nobody has used it for 1m'],
    [{ 'x-single-active-consumer': true }, 'warn', 'one worker at a time'],
  ])('with %j is told of as %s', (change, level, text) => {
    expect(findings('jobs', change)).toEqual([
      expect.stringMatching(`^${level}: The queue 'shop\\.q\\.audit'`),
    ]);
    expect(findings('jobs', change)[0]).toContain(text);
  });

  it.each([
    [{ 'x-overflow': 'reject-publish' }, 'fail: ', 'no job can become a dead letter'],
    [{ 'x-max-length': 5 }, 'warn: ', 'the oldest dead letters are dropped'],
    [{ 'x-message-ttl': 1_000 }, 'warn: ', 'dead letters are dropped after it'],
    [{ 'x-delivery-limit': undefined }, 'warn: ', 'each look at the dead letters counts'],
  ])('of dead letters with %j too', (change, level, text) => {
    expect(findings('dead letters', change)).toEqual([expect.stringContaining(text)]);
    expect(findings('dead letters', change)[0]?.startsWith(level)).toBe(true);
  });

  it('that refuses where it should drop its oldest holds up delays', () => {
    const over = { maxLength: 50, overflow: 'drop-oldest' } as const;
    expect(findings('jobs', { 'x-overflow': 'reject-publish' }, { over })).toEqual([
      expect.stringMatching(
        /^fail: .*delayed jobs of all queues wait behind it\. Set the option queues\.audit\.overflow/,
      ),
    ]);
  });

  it('may have its dead-letter exchange from a policy', () => {
    const missing = { 'x-dead-letter-exchange': undefined };
    const to = (exchange: string) => ({ definition: { 'dead-letter-exchange': exchange, 'max-length': 9 } });
    expect(findings('jobs', missing, to('shop.dead'))).toEqual([]);
    expect(findings('jobs', missing, to('else'))).toEqual([expect.stringContaining("go by 'else'")]);
  });

  it('shows one difference at a time over AMQP alone, and says so', () => {
    const queue = queueObjects(spec, names).find((object): object is QueueObject => object.kind === 'queue')!;
    const difference = { argument: 'x-max-length', wanted: '100', existing: '5' };
    const queues = unknown('not given');
    const differences = givenDifferences(queue, { kind: 'different', difference }, queues);
    expect(differences).toEqual([difference]);
    const group = { subject: 'queue audit', needs: undefined };
    expect(givenFindings(group, queue, differences, queues)[0]?.fix).toContain('managementUrl shows all');
  });
});
