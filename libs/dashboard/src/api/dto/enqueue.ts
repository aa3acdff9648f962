import {
  ConfigurationError,
  exponential,
  fixed,
  linear,
  type EnqueueOptions,
  type PortableBackoff,
} from 'nestjs-warren';
import { optional, required, type ValuesOf } from '../fields.js';
import {
  duration,
  durationOrInstant,
  group,
  instant,
  json,
  jsonOf,
  listOfText,
  record,
  text,
  whole,
} from '../kinds.js';

/** What requests that enqueue say. Values are checked once more, and in full, by the enqueue itself. */

const OPTIONS = {
  delay: optional(duration, 'Earliest start, counted from now. Not together with `runAt`.'),
  runAt: optional(instant, 'Earliest start; an instant in the past means now.'),
  attempts: optional(whole(1, 1_000_000), 'Runs at most, the first included.'),
  backoff: optional(
    record,
    'Delay between attempts: `{ "kind": "exponential", "from": "1s", "to": "10m" }`, `linear` with `steps` too, or `{ "kind": "fixed", "delay": "30s" }`; `jitter`: `half`, `full` or `none`.',
  ),
  timeout: optional(duration, 'Longest run of one attempt.'),
  deadline: optional(durationOrInstant, 'After this instant, or this time from now, no attempt starts.'),
  ttl: optional(duration, 'Longest wait until the first attempt starts.'),
  priority: optional(
    jsonOf<string | number>("'high', 'normal', 'low' or the number of a level", {
      type: ['string', 'number'],
    }),
    'Sooner or later than other jobs of a queue with priorities.',
  ),
  headers: optional(record, 'Text, numbers and booleans that travel with the job.'),
  correlationId: optional(text(), 'Ties jobs of one cause together.'),
  id: optional(text(), 'Id of the job. Default: a new UUIDv7.'),
  tags: optional(listOfText(20), 'Words to find the job by.'),
  queue: optional(text(), 'Queue to wait in; listed under `queues` of the module.'),
  unique: optional(
    jsonOf('false or an object', { type: ['object', 'boolean'] }),
    'One job at a time under a key: `{ "key": "order-1" }`; false: not unique, whatever the definition says.',
  ),
};

export const ENQUEUE = {
  type: required(text(200), 'Type of the job: `email:new`.'),
  payload: optional(json, 'Any JSON.'),
  options: optional(group(OPTIONS), 'When and how it runs.'),
};

/**
 * Everything that JSON cannot say is not among the fields; the enqueue checks the rest.
 * @throws ConfigurationError for a backoff that is none.
 */
export function optionsOf(said: ValuesOf<typeof OPTIONS> = {} as ValuesOf<typeof OPTIONS>): EnqueueOptions {
  const { backoff, ...others } = said;
  return { ...others, ...(backoff && { backoff: backoffOf(backoff) }) } as EnqueueOptions;
}

function backoffOf({ kind, delay, ...of }: Readonly<Record<string, unknown>>): PortableBackoff {
  if (kind === 'exponential') return exponential(of);
  if (kind === 'linear') return linear(of as Parameters<typeof linear>[0]);
  if (kind === 'fixed') return fixed(delay as Parameters<typeof fixed>[0], of);
  throw new ConfigurationError(["options.backoff.kind: it is none of 'exponential', 'linear' and 'fixed'."]);
}
