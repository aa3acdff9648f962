import { MOST_LEVELS } from '../../../job/priority.js';
import type { QueueSpec } from '../../../ports/broker.js';
import type { Finding, QueueNeeds } from '../../../ports/finding.js';
import type { TopologyNames } from '../topology/names.js';
import type { QueueObject } from '../topology/objects.js';
import { targetsOf } from '../topology/targets.js';
import type { Look, ObjectState } from './amqp-look.js';

/**
 * Levels of priority that a queue does not have in this process and could have in another. Each is a queue of its own, so
 * processes whose `priorities` differ boot without a word, and jobs of a level that no worker has wait unseen.
 */

export interface ForeignLevel {
  readonly spec: QueueSpec;
  /** Looked for, and never declared: what it was made with is not known here. */
  readonly queue: QueueObject;
  /** That of normal jobs, which all processes have. */
  readonly normal: string;
  /** The least `priorities` with which the queue has it. */
  readonly leastPriorities: number;
}

export function foreignLevels(needs: readonly QueueNeeds[], names: TopologyNames): readonly ForeignLevel[] {
  return needs.flatMap(({ spec }) => {
    const { name } = spec;
    const own = targetsOf(spec);
    return targetsOf({ name, priorities: MOST_LEVELS })
      .filter((target) => !own.includes(target))
      .map((target): ForeignLevel => {
        let leastPriorities = 1;
        while (!targetsOf({ name, priorities: leastPriorities }).includes(target)) leastPriorities += 1;
        const queue: QueueObject = { kind: 'queue', name: names.queue(target), role: 'jobs', arguments: {} };
        return { spec, queue, normal: names.queue(name), leastPriorities };
      });
  });
}

export function foreignLevelFindings(
  levels: readonly ForeignLevel[],
  { states, problem }: Look,
  vhost: string,
): Finding[] {
  const findings: Finding[] = [];
  let unseen: string | undefined;
  for (const level of levels) {
    const state: ObjectState = states.get(level.queue) ?? { kind: 'unknown', why: problem };
    if (state.kind === 'unknown') unseen ??= state.why;
    if ('messages' in state) findings.push(foundFinding(level, state, vhost));
  }
  if (unseen === undefined) return findings;
  const unknown: Finding = {
    level: 'unknown',
    subject: 'priorities',
    message: `Whether other processes have more levels of priority was not looked at: ${unseen}.`,
    fix: `rabbitmqctl list_queues -p '${vhost}' name messages consumers, for names with an @; or check again, with a longer timeout.`,
  };
  return [...findings, unknown];
}

function foundFinding(
  { spec, queue, normal, leastPriorities }: ForeignLevel,
  { messages, consumers }: { readonly messages: number; readonly consumers: number },
  vhost: string,
): Finding {
  const { name, priorities } = spec;
  const here = priorities === undefined ? 'without priorities' : `with priorities ${priorities}`;
  const why = `a level that the queue does not have here, ${here}. Another process says more levels, or did.`;
  const option = `Say the same queues.${name}.priorities in every process`;
  const taken = `${consumers} consumer${consumers === 1 ? '' : 's'}`;
  if (messages === 0) {
    return {
      level: 'warn',
      subject: `queue ${name}`,
      message: `'${queue.name}' is there, empty and with ${taken}: ${why}`,
      fix: `${option}: from ${leastPriorities} on the queue has that level. If none has it any more: rabbitmqctl delete_queue -p '${vhost}' '${queue.name}' --if-empty`,
    };
  }
  return {
    level: 'fail',
    subject: `queue ${name}`,
    message: `${messages} message${messages === 1 ? ' waits' : 's wait'} in '${queue.name}', which has ${taken}: ${why}`,
    fix: `${option}, workers too: from ${leastPriorities} on the queue has that level, and its jobs run. Or move the messages to '${normal}', from the page of the queue in the management UI or by a shovel.`,
  };
}
