import { isQueueName } from '../job/type-name.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { DeadLetters, type DeadLetterParts } from '../operate/dead-letters.js';
import type { Settings } from '../options/settings.js';

/** The dead letters of one queue, which is declared when something goes back to it. */
export function openDeadLetters(
  queue: string,
  parts: Omit<DeadLetterParts, 'ensureQueue'> & { readonly settings: Settings },
): DeadLetters {
  if (!isQueueName(queue)) {
    throw new ConfigurationError([`deadLetters(${JSON.stringify(queue)}): this is no queue name.`]);
  }
  const { broker, clock, ids, connected, settings } = parts;
  const ensureQueue = async (name: string) => {
    await connected();
    await broker.ensureQueue(settings.queues.settingsOf(name).spec);
  };
  return new DeadLetters(queue, { broker, clock, ids, connected, ensureQueue });
}
