import { formatDuration } from '../../../kernel/duration.js';
import type { QueueObject } from '../topology/objects.js';

/**
 * What it means that somebody else made a queue (`declare: false`) with other arguments than Warren would have. Most
 * are theirs to choose, and only to be known; some take a guarantee away. What has no effect is not told.
 */
export interface ArgumentEffect {
  readonly level: 'warn' | 'fail';
  readonly text: string;
  /** Option to set, of the queue. */
  readonly option?: string;
}

type Value = string | number | undefined;

type Judge = (existing: Value, wanted: Value) => ArgumentEffect | undefined;

export function argumentEffect(
  { role }: QueueObject,
  argument: string,
  existing: Value,
  wanted: Value,
): ArgumentEffect | undefined {
  const judges = role === 'dead letters' ? OF_DEAD_LETTERS : OF_JOBS;
  return (Object.hasOwn(judges, argument) ? judges[argument] : undefined)?.(existing, wanted);
}

const fail = (text: string): ArgumentEffect => ({ level: 'fail', text });
const warn = (text: string, option?: string): ArgumentEffect => ({
  level: 'warn',
  text,
  ...(option !== undefined && { option }),
});

const expires: Judge = (existing) =>
  fail(`it is deleted with its messages when nobody has used it for ${time(existing)}`);

const deadLetterTarget: Judge = (existing) =>
  fail(
    existing === undefined
      ? 'jobs that the broker ends (poison, too old, displaced) do not come to its dead letters'
      : `jobs that the broker ends (poison, too old, displaced) go by '${existing}' and not to its dead letters`,
  );

/** `max-length` and `max-length-bytes`. */
const limit =
  (option: string): Judge =>
  (existing, wanted) => {
    if (existing === undefined) return warn('the queue has no such limit', option);
    if (wanted !== undefined) return warn(`the limit is ${existing}`, option);
    return {
      ...fail(
        'Warren does not know of this limit: while the queue is full, delayed jobs of all queues wait behind it',
      ),
      option,
    };
  };

const OF_JOBS: Readonly<Record<string, Judge>> = {
  'x-queue-type': (existing) =>
    existing === 'quorum'
      ? warn('it is a quorum queue', 'type')
      : warn('it lives on one node, and counts no crashes towards poison', 'type'),
  'x-dead-letter-exchange': deadLetterTarget,
  'x-dead-letter-routing-key': deadLetterTarget,
  'x-dead-letter-strategy': (_, wanted) =>
    wanted === 'at-least-once'
      ? warn('what the broker moves to the dead letters at the moment in which a node dies may be lost')
      : undefined,
  'x-overflow': (existing, wanted) => {
    if (wanted === 'drop-head') {
      return {
        ...fail('a full queue refuses jobs, and delayed jobs of all queues wait behind it'),
        option: 'overflow',
      };
    }
    if (String(existing).startsWith('reject-publish')) return undefined;
    return warn('dead-lettering is at most once, and a full queue drops its oldest jobs', 'overflow');
  },
  'x-max-length': limit('maxLength'),
  'x-max-length-bytes': limit('maxBytes'),
  'x-message-ttl': (existing) =>
    existing === undefined
      ? warn('jobs wait there for ever', 'messageTtl')
      : warn(`jobs that wait longer than ${time(existing)} go to the dead letters`, 'messageTtl'),
  'x-delivery-limit': (existing) =>
    existing === undefined
      ? warn(
          "a job that kills its worker comes back as often as the broker's default allows",
          'deliveryLimit',
        )
      : warn(`jobs count as poison after ${existing} crashes`, 'deliveryLimit'),
  'x-single-active-consumer': () => warn('one worker at a time gets its jobs'),
  'x-expires': expires,
};

const OF_DEAD_LETTERS: Readonly<Record<string, Judge>> = {
  'x-overflow': (existing) =>
    String(existing).startsWith('reject-publish')
      ? fail('when it is full no job can become a dead letter, and those that should wait or run again')
      : undefined,
  'x-max-length': (existing, wanted) =>
    lower(existing, wanted, 'above it the oldest dead letters are dropped'),
  'x-max-length-bytes': () => warn('above it the oldest dead letters are dropped'),
  'x-message-ttl': (existing, wanted) => lower(existing, wanted, 'dead letters are dropped after it'),
  'x-delivery-limit': () =>
    warn(
      'each look at the dead letters counts as a delivery, and above the limit (20 by default from RabbitMQ 4.0 on) they are dropped',
    ),
  'x-dead-letter-exchange': (existing) =>
    existing === undefined ? undefined : warn(`what is dropped from it goes to '${existing}'`),
  'x-expires': expires,
};

function lower(existing: Value, wanted: Value, text: string): ArgumentEffect | undefined {
  return typeof existing === 'number' && existing < Number(wanted ?? Infinity) ? warn(text) : undefined;
}

function time(value: Value): string {
  return typeof value === 'number' ? formatDuration(value) : String(value);
}
