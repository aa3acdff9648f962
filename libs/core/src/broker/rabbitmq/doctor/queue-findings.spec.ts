import { topologyNames } from '../topology/names.js';
import { groupsOf } from './groups.js';
import { known, unknown } from './management-api.js';
import type { ClusterNode, ManagementFacts, QueueFacts } from './management-facts.js';
import { memberFindings, policyFindings, timeoutFindings } from './queue-findings.js';
import { parseVersion } from '../broker-version.js';

const names = topologyNames('shop');
const HOUR = 3_600_000;
const spec = {
  name: 'email',
  type: 'quorum' as const,
  deliveryLimit: 5,
  maxLength: undefined,
  overflow: 'reject' as const,
  messageTtlMs: HOUR,
  deadLetterTtlMs: HOUR,
  deadLetterMaxLength: 100,
};
const groups = groupsOf(names, 'quorum', [{ spec, longestHoldMs: 6 * HOUR, isConsumed: true }], () => true);

const facts = (more: Partial<QueueFacts>): QueueFacts => ({
  arguments: {},
  policy: '',
  definition: {},
  members: ['a', 'b', 'c'],
  online: ['a', 'b', 'c'],
  ...more,
});
const node = (name: string): ClusterNode => ({
  name,
  isRunning: true,
  hasMemoryAlarm: false,
  hasDiskAlarm: false,
  partitions: [],
});
const queues = (more: Partial<QueueFacts>) => known(new Map([['shop.q.email', facts(more)]]));

describe('the copies of queues', () => {
  const findings = (more: Partial<QueueFacts>, nodes = ['a', 'b', 'c']) => {
    const all: ManagementFacts = {
      queues: queues(more),
      nodes: known(nodes.map(node)),
      flags: unknown(''),
      bindings: unknown(''),
    };
    return memberFindings(groups, all, { vhost: '/', app: 'shop' });
  };

  it('are well on three nodes', () => {
    expect(findings({})).toEqual([
      { level: 'ok', subject: 'members', message: 'All copies of 1 quorum queues are online.' },
    ]);
  });

  it('are too few where the cluster has three nodes, and may be one where it has one', () => {
    const one = { members: ['a'], online: ['a'] };
    expect(findings(one)).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: expect.stringContaining("lost: 'shop.q.email' (1 of 1)") as string,
        fix: String.raw`For each node without a copy: rabbitmq-queues grow <node> all --vhost-pattern '^/$' --queue-pattern '^shop\.'`,
      }),
    ]);
    expect(findings(one, ['a'])[0]?.level).toBe('ok');
  });

  it('are told when some, or the majority, are not online', () => {
    expect(findings({ online: ['a', 'b'] })[0]).toMatchObject({
      level: 'warn',
      message: "Some copies are not online: 'shop.q.email' (2 of 3).",
    });
    expect(findings({ online: ['a'] })).toEqual([
      expect.objectContaining({
        level: 'fail',
        message: expect.stringMatching(/^No majority of copies is online/) as string,
      }),
    ]);
  });
});

describe('policies', () => {
  it('are not known before the broker has statistics', () => {
    expect(policyFindings(groups, queues({ definition: undefined }), '/')).toEqual([
      expect.objectContaining({
        level: 'unknown',
        message: 'The broker has no statistics of shop.q.email yet, with which it tells policies.',
      }),
    ]);
  });

  it('are told by name, of operators too', () => {
    const definition = { 'delivery-limit': 2 };
    expect(policyFindings(groups, queues({ definition, policy: 'strict' }), '/')[0]?.message).toBe(
      "Policy 'strict' changes 'shop.q.email': the delivery limit is 2 instead of 5: jobs count as poison after so many crashes.",
    );
    expect(policyFindings(groups, queues({ definition }), '/')[0]?.message).toMatch(
      /^Policy 'of an operator'/,
    );
  });

  it('of the name of their queue are what somebody set at run time: nothing to mend, but for what they cost', () => {
    const policy = 'shop.q.email';
    const told = (definition: Record<string, unknown>) =>
      policyFindings(groups, queues({ definition, policy }), '/').map(({ level, message, fix }) =>
        [level, message, fix].join(' '),
      );
    expect(told({ 'delivery-limit': 2 })).toEqual([
      "ok 'shop.q.email' was changed at run time, by the policy of its name: the delivery limit is 2 instead of 5: jobs count as poison after so many crashes. jobs.queues.reset('email') takes it back.",
    ]);
    expect(told({ overflow: 'drop-head', 'max-length': 3 })).toEqual([
      expect.stringMatching(/^warn .*dead-lettering is at most once/),
      expect.stringMatching(/^ok .*above it the oldest jobs go to the dead letters/),
    ]);
  });
});

describe('the time that handlers need', () => {
  const findings = (version: string, definition: Record<string, unknown> = {}) =>
    timeoutFindings(groups, { version: parseVersion(version), names, vhost: '/' }, queues({ definition }));

  it('is told where the broker grants less', () => {
    expect(findings('3.10.8')).toEqual([expect.objectContaining({ level: 'warn', subject: 'queue email' })]);
    expect(findings('4.0.5', { 'consumer-timeout': HOUR })).toHaveLength(1);
  });

  it('is fine where it is asked for, or where the policy grants it', () => {
    expect(findings('4.3.6')).toEqual([]);
    expect(findings('4.0.5', { 'consumer-timeout': 6 * HOUR })).toEqual([]);
  });
});
