import type { Finding } from '../../../ports/finding.js';
import type { QueueObject } from '../topology/objects.js';
import { queuesOfOthers } from '../topology/queues-of-others.js';
import type { Difference, LookedAt, Look, ObjectState } from './amqp-look.js';
import { differencesOf, givenDifferences, isCompared } from './differences.js';
import { givenFindings } from './given-findings.js';
import { listed, lookedAt, type Group } from './groups.js';
import type { Known } from './management-api.js';
import type { QueueFacts } from './management-facts.js';

/** What is to say of the objects of one group: missing, different, or as wanted. */

export interface ObjectSettings {
  readonly vhost: string;
  /** Whether this application makes what is missing. */
  readonly declares: boolean;
}

/** Arguments whose lower value can be had by a policy, too. */
const BY_POLICY = ['x-delivery-limit', 'x-message-ttl', 'x-max-length'];

export function objectFindings(
  group: Group,
  { states, problem }: Look,
  queues: Known<ReadonlyMap<string, QueueFacts>>,
  settings: ObjectSettings,
): Finding[] {
  const { subject, isDue } = group;
  const level = group.isOptional ? 'warn' : 'fail';
  const objects = lookedAt(group);
  const stateOf = (object: LookedAt): ObjectState => states.get(object) ?? { kind: 'unknown', why: problem };
  const given = queuesOfOthers(objects, group.needs?.spec);
  const missing = objects.filter((object) => stateOf(object).kind === 'missing');
  if (missing.length === objects.length && !isDue) {
    return [{ level: 'ok', subject, message: 'Not there yet; it is declared when it is first used.' }];
  }
  const findings: Finding[] =
    missing.length > 0 ? [{ ...missingFinding(subject, missing, given, settings), level }] : [];
  for (const object of objects) {
    const theirs = given.find((each) => each === object);
    if (theirs) {
      findings.push(
        ...givenFindings(group, theirs, givenDifferences(theirs, stateOf(object), queues), queues),
      );
      continue;
    }
    for (const difference of differencesOf(object, stateOf(object), queues))
      findings.push({ ...differentFinding(subject, object, difference, settings), level });
  }
  const unseen = objects.filter((object) => stateOf(object).kind === 'unknown');
  if (unseen.length > 0) {
    const state = stateOf(unseen[0]!);
    const why = state.kind === 'unknown' ? state.why : '';
    findings.push({
      level: 'unknown',
      subject,
      message: `Not looked at: ${namesOf(unseen)} (${why}).`,
      fix: 'Check again; if that does not help, look at the log of the broker.',
    });
  }
  return findings.length > 0 ? findings : [{ level: 'ok', subject, message: wellMessage(group, states) }];
}

function missingFinding(
  subject: string,
  missing: readonly LookedAt[],
  given: readonly QueueObject[],
  { declares }: ObjectSettings,
): Finding {
  const isOurs = !missing.some((object) => given.some((each) => each === object));
  return {
    level: 'fail',
    subject,
    message: `Missing at the broker: ${namesOf(missing)}.`,
    fix:
      declares && isOurs
        ? 'Start a process of this application anew: it declares them. What was in a deleted queue is lost.'
        : 'Make them: with `declare: false` Warren does not. Names and arguments are in docs/wire-format.md.',
  };
}

function differentFinding(
  subject: string,
  { kind, name }: LookedAt,
  { argument, wanted, existing }: Difference,
  { vhost }: ObjectSettings,
): Finding {
  const policy =
    BY_POLICY.includes(argument) && Number(wanted) < Number(existing)
      ? `; or lower it by a policy, as of both the lower counts`
      : '';
  return {
    level: 'fail',
    subject,
    message: `The ${kind} '${name}' exists with another ${argument}: wanted is ${wanted}, existing is ${existing}.`,
    fix:
      kind === 'queue'
        ? `Set the option to the existing value${policy}; or stop the producers, let the queue run empty, rabbitmqctl delete_queue -p '${vhost}' '${name}' --if-empty, and start a process, which declares it anew.`
        : `Stop all processes of this application, delete the exchange, and start one, which declares it anew; or use another app name.`,
  };
}

function wellMessage({ needs, objects }: Group, states: Look['states']): string {
  if (!needs) return 'All there.';
  const waiting = (role: QueueObject['role']): number => {
    const queue = objects.find((object) => object.kind === 'queue' && object.role === role) as QueueObject;
    const state = states.get(queue);
    return state && 'messages' in state ? state.messages : 0;
  };
  return `All there; ${waiting('jobs')} waiting, ${waiting('dead letters')} dead letters.`;
}

function namesOf(objects: readonly LookedAt[]): string {
  return listed(objects.map(({ kind, name }) => `${kind} '${name}'`));
}

/** What could not be compared at all, said once. */
export function comparisonFindings(
  groups: readonly Group[],
  { states }: Look,
  queues: Known<ReadonlyMap<string, QueueFacts>>,
  app: string,
): Finding[] {
  const uncompared = groups.flatMap(lookedAt).filter((object) => {
    const state = states.get(object);
    return state && !isCompared(object, state, queues);
  });
  if (uncompared.length === 0) return [];
  return [
    {
      level: 'unknown',
      subject: 'arguments',
      message: `There, but not compared with what is wanted: ${namesOf(uncompared)}. The user may not declare them.`,
      fix: `Run the check with a user that has configure permission for '^${app}\\.', or give the option managementUrl (it shows the arguments of queues, not those of exchanges).`,
    },
  ];
}
