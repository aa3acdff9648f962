import { formatDuration } from '../kernel/duration.js';
import { ConfigurationError, WarrenError } from '../kernel/errors/index.js';
import { CAP_OPTIONS, CAP_OVERRIDES, capName, capsOf, type CapOption } from '../options/cap-overrides.js';
import { checkGroup } from '../options/describe.js';
import type { QueueCaps } from '../ports/queue-caps.js';
import type { QueueSpec } from '../ports/queue-spec.js';

/**
 * What a broker fixes when a queue is made: nobody can change the arguments of a queue that exists. Some can be lowered
 * beside them; above what was declared nothing helps, as of both the lower counts.
 */

/** Whether a publish can find it full, so that its delays have a waiting room. */
const isLimited = ({ maxLength, maxBytes }: QueueSpec): boolean =>
  maxLength !== undefined || maxBytes !== undefined;

/** @throws WarrenError WARREN_QUEUE_FIXED for what nobody can change of a queue that exists. */
export function refuseFixed(patch: object, spec: QueueSpec, place: string): void {
  for (const key of ['type', 'declare', 'priorities'].filter((name) => Object.hasOwn(patch, name))) {
    throw fixed(key, spec, place, anew(key, spec));
  }
}

/**
 * What a patch says of limits, as the broker is to have it.
 * @throws ConfigurationError listing every problem of it; WarrenError WARREN_QUEUE_FIXED for what cannot be done to that
 * queue, with what can.
 */
export function cappedBy(said: Readonly<Record<string, unknown>>, spec: QueueSpec, place: string): QueueCaps {
  const { name } = spec;
  if (said['overflow'] === 'reject') {
    const why =
      spec.overflow === 'reject'
        ? `It was made so; where it drops its oldest since, take that back: jobs.queues.reset('${name}', 'overflow').`
        : anew('overflow', spec);
    throw fixed('overflow', spec, place, why);
  }
  const problems = checkGroup(CAP_OVERRIDES, said);
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `${place}: ${problem}`));
  const caps = capsOf(said);
  for (const option of CAP_OPTIONS) requireLower(option, caps, spec, place);
  if (caps.overflow !== undefined && spec.type === 'classic') {
    throw fixed(
      'overflow',
      spec,
      place,
      `Of a classic queue what was declared counts. ${anew('overflow', spec)}`,
    );
  }
  return caps;
}

/**
 * A limit for a queue that refuses, and was made without one: its delays have no waiting room.
 * @param caps all that will be set then
 * @throws WarrenError WARREN_QUEUE_FIXED.
 */
export function requireRoomForDelays(caps: QueueCaps, spec: QueueSpec, place: string): void {
  const option = caps.maxLength === undefined ? 'maxBytes' : 'maxLength';
  if (caps[option] === undefined || isLimited(spec)) return;
  if ((caps.overflow ?? spec.overflow) === 'drop-oldest') return;
  throw fixed(
    option,
    spec,
    place,
    `The queue was made without a limit and refuses when it is full: delayed jobs of all queues would wait behind it. Let it drop its oldest, { ${option}, overflow: 'drop-oldest' }. Or: ${anew(option, spec)}`,
  );
}

function requireLower(option: CapOption, caps: QueueCaps, spec: QueueSpec, place: string): void {
  const name = capName(option);
  const [wanted, declared] = [caps[name], spec[name]];
  if (typeof wanted !== 'number' || typeof declared !== 'number' || wanted <= declared) return;
  const limit = name.endsWith('Ms') ? formatDuration(declared) : String(declared);
  throw fixed(
    option,
    spec,
    place,
    `It can only be lowered, and was declared as ${limit}. ${anew(option, spec)}`,
  );
}

function anew(option: string, { name }: QueueSpec): string {
  return `Say queues: { '${name}': { ${option} } } in the options, and give the queue another name, or delete it once it is empty.`;
}

/** A setting that was fixed when the queue was made. */
export function fixed(setting: string, { name }: QueueSpec, place: string, cure: string): WarrenError {
  return new WarrenError(
    'WARREN_QUEUE_FIXED',
    `${place}('${name}'): ${setting} was fixed when the queue was made. ${cure}`,
    { details: { queue: name, setting } },
  );
}
