import type { Finding } from '../../../ports/finding.js';
import type { BrokerVersion } from '../broker-version.js';
import { consumerTimeoutProblem } from '../consumer-timeout.js';
import type { TopologyNames } from '../topology/names.js';
import type { QueueObject } from '../topology/objects.js';
import type { Look } from './amqp-look.js';
import { bindingsOf, listed, lookedAt, type Group } from './groups.js';
import type { Known } from './management-api.js';
import { bindingKey, type ManagementFacts, type QueueFacts } from './management-facts.js';
import { policyEffects, type PolicyEffect } from './policy-effects.js';
import { howToLook } from './server-findings.js';

/** What is to say of queues that do exist: policies, members, bindings, timeouts, jobs that nobody takes. */

type Queues = Known<ReadonlyMap<string, QueueFacts>>;

const queuesOf = (group: Group): QueueObject[] => lookedAt(group).filter((object) => object.kind === 'queue');

export function policyFindings(groups: readonly Group[], queues: Queues, vhost: string): Finding[] {
  const byHand = `rabbitmqctl list_policies -p '${vhost}'; rabbitmqctl list_queues -p '${vhost}' name policy. ${howToLook('management')}`;
  if (!queues.isKnown) {
    const message = `Whether policies change limits, overflow or times was not looked at: ${queues.why}.`;
    return [{ level: 'unknown', subject: 'policies', message, fix: byHand }];
  }
  const findings: Finding[] = [];
  const early: string[] = [];
  for (const group of groups) {
    for (const queue of queuesOf(group)) {
      const facts = queues.value.get(queue.name);
      if (!facts) continue;
      if (facts.definition === undefined) early.push(queue.name);
      // Ours is called like its queue.
      const isOwn = facts.policy === queue.name;
      for (const { level, text } of policyEffects(queue, facts.definition ?? {})) {
        if (isOwn) findings.push(setAtRunTime(group, queue, { level, text }));
        else
          findings.push({
            level,
            subject: group.subject,
            message: `Policy '${facts.policy || 'of an operator'}' changes '${queue.name}': ${text}.`,
            fix: `Take that out of the policy, or let its pattern leave out '${queue.name}': rabbitmqctl list_policies -p '${vhost}'; rabbitmqctl list_operator_policies -p '${vhost}'.`,
          });
      }
    }
  }
  if (early.length > 0) {
    const message = `The broker has no statistics of ${listed(early)} yet, with which it tells policies.`;
    findings.push({
      level: 'unknown',
      subject: 'policies',
      message,
      fix: `Check again in some seconds. ${byHand}`,
    });
  }
  return findings.length > 0
    ? findings
    : [{ level: 'ok', subject: 'policies', message: 'None changes what the queues were declared with.' }];
}

/** Somebody meant it, so it is nothing to mend; but what it costs is to be known. */
function setAtRunTime({ subject, needs }: Group, { name }: QueueObject, effect: PolicyEffect): Finding {
  return {
    level: effect.level === 'fail' ? 'warn' : 'ok',
    subject,
    message: `'${name}' was changed at run time, by the policy of its name: ${effect.text}.`,
    fix: `jobs.queues.reset('${needs?.spec.name ?? ''}') takes it back.`,
  };
}

/** From this many nodes on, a queue should survive the loss of one. */
const ENOUGH_NODES = 3;

export function memberFindings(
  groups: readonly Group[],
  { queues, nodes }: ManagementFacts,
  { vhost, app }: { readonly vhost: string; readonly app: string },
): Finding[] {
  const subject = 'members';
  if (!queues.isKnown) {
    const message = `On how many nodes the queues have copies was not looked at: ${queues.why}.`;
    const fix = `rabbitmqctl list_queues -p '${vhost}' name members online. ${howToLook('monitoring')}`;
    return [{ level: 'unknown', subject, message, fix }];
  }
  const quorum = groups.flatMap(queuesOf).flatMap(({ name }) => {
    const facts = queues.value.get(name);
    return facts && facts.members.length > 0 ? [{ name, ...facts }] : [];
  });
  const findings: Finding[] = [];
  const stuck = quorum.filter(({ members, online }) => online.length * 2 <= members.length);
  if (stuck.length > 0) {
    findings.push({
      level: 'fail',
      subject,
      message: `No majority of copies is online: ${named(stuck)}. Nothing can be put there or taken.`,
      fix: 'Start the nodes that are down. For those lost for good: rabbitmq-queues shrink <node>.',
    });
  }
  const weak = quorum.filter((queue) => !stuck.includes(queue) && queue.online.length < queue.members.length);
  if (weak.length > 0) {
    findings.push({
      level: 'warn',
      subject,
      message: `Some copies are not online: ${named(weak)}.`,
      fix: 'Start the nodes that are down. For those lost for good: rabbitmq-queues shrink <node>.',
    });
  }
  const count = nodes.isKnown ? nodes.value.length : 0;
  const few = quorum.filter(({ members }) => members.length < ENOUGH_NODES);
  if (count >= ENOUGH_NODES && few.length > 0) {
    findings.push({
      level: 'warn',
      subject,
      message: `The cluster has ${count} nodes, but these queues have fewer than ${ENOUGH_NODES} copies, and stand still when a node is lost: ${named(few)}.`,
      fix: `For each node without a copy: rabbitmq-queues grow <node> all --vhost-pattern '^${vhost}$' --queue-pattern '^${app}\\.'`,
    });
  }
  if (findings.length > 0) return findings;
  return [{ level: 'ok', subject, message: `All copies of ${quorum.length} quorum queues are online.` }];
}

function named(queues: ReadonlyArray<QueueFacts & { readonly name: string }>): string {
  return listed(
    queues.map(({ name, online, members }) => `'${name}' (${online.length} of ${members.length})`),
  );
}

/** Only of groups that are there: what is missing has no bindings. */
export function bindingFindings(
  groups: readonly Group[],
  bindings: ManagementFacts['bindings'],
  vhost: string,
): Finding[] {
  const subject = 'bindings';
  if (!bindings.isKnown) {
    const message = `Whether every exchange leads to its queue was not looked at: ${bindings.why}.`;
    const fix = `rabbitmqctl list_bindings -p '${vhost}' source_name destination_name routing_key, against docs/wire-format.md. ${howToLook('management')}`;
    return [{ level: 'unknown', subject, message, fix }];
  }
  const missing = groups.flatMap(bindingsOf).filter((binding) => !bindings.value.has(bindingKey(binding)));
  if (missing.length === 0) {
    return [{ level: 'ok', subject, message: 'Every exchange leads to its queues.' }];
  }
  const shown = listed(
    missing.map(({ source, destination, pattern }) => `'${source}' to '${destination}' by '${pattern}'`),
  );
  return [
    {
      level: 'fail',
      subject,
      message: `Missing: ${shown}. What should go that way is refused or lost.`,
      fix: 'Start a process of this application anew: it binds them. With `declare: false` bind them by hand.',
    },
  ];
}

export function timeoutFindings(
  groups: readonly Group[],
  {
    version,
    names,
    vhost,
  }: { readonly version: BrokerVersion; readonly names: TopologyNames; readonly vhost: string },
  queues: Queues,
): Finding[] {
  return groups.flatMap(({ subject, needs }) => {
    if (!needs?.isConsumed) return [];
    const queueName = names.queue(needs.spec.name);
    const said = queues.isKnown ? queues.value.get(queueName)?.definition?.['consumer-timeout'] : undefined;
    const problem = consumerTimeoutProblem(version, {
      queue: needs.spec.name,
      queueName,
      vhost,
      longestHoldMs: needs.longestHoldMs,
      policyMs: typeof said === 'number' ? said : undefined,
    });
    return problem ? [{ level: 'warn' as const, subject, ...problem }] : [];
  });
}

export function backlogFindings(groups: readonly Group[], { states }: Look, names: TopologyNames): Finding[] {
  return groups.flatMap((group) =>
    queuesOf(group).flatMap((queue): Finding[] => {
      const state = states.get(queue);
      if (!state || !('messages' in state) || state.messages === 0) return [];
      const { messages, consumers } = state;
      const { subject } = group;
      if (queue.role === 'jobs' && consumers === 0) {
        const message = `${messages} jobs wait, and no worker takes them.`;
        const fix = `Start a worker with a handler for this queue and the same app; one that runs already tells in JobWorker.status() what is wrong.`;
        return [{ level: 'warn', subject, message, fix }];
      }
      if (queue.role === 'unroutable') {
        const message = `${messages} delayed jobs lie in '${names.unroutable}': their queue was gone when they came due.`;
        const fix = 'Look at them there; publish those that still matter again. Warren does not empty it.';
        return [{ level: 'warn', subject, message, fix }];
      }
      return [];
    }),
  );
}
