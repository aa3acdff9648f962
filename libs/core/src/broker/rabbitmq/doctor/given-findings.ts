import type { Finding } from '../../../ports/finding.js';
import type { QueueObject } from '../topology/objects.js';
import type { Difference } from './amqp-look.js';
import { argumentEffect } from './argument-effects.js';
import { valueOf } from './differences.js';
import type { Group } from './groups.js';
import type { Known } from './management-api.js';

/** What is to say of a queue that somebody else made otherwise than Warren would have: what has an effect. */
export function givenFindings(
  { subject, needs }: Pick<Group, 'subject' | 'needs'>,
  queue: QueueObject,
  differences: readonly Difference[],
  queues: Known<unknown>,
): Finding[] {
  // Over AMQP the first difference hides the others.
  const more = queues.isKnown ? '' : ' There may be more differences: the option managementUrl shows all.';
  return differences.flatMap(({ argument, existing, wanted }): Finding[] => {
    const effect = argumentEffect(queue, argument, valueOf(existing), valueOf(wanted));
    if (!effect) return [];
    const { level, text, option } = effect;
    const anew = `have the queue made anew with ${argument}: ${wanted}`;
    const fix =
      option === undefined
        ? `Where that is not meant, ${anew}.`
        : `Set the option queues.${needs?.spec.name}.${option} to what the queue has; or ${anew}.`;
    const message = `The queue '${queue.name}' was made with ${argument}: ${existing}, not ${wanted}: ${text}.`;
    return [{ level, subject, message, fix: `${fix}${more}` }];
  });
}
