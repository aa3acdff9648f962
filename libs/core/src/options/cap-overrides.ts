import type { CapName, QueueCaps } from '../ports/queue-caps.js';
import { optional, isRecord, type Declares } from './describe.js';
import { oneOf } from './kinds.js';
import { QUEUE, type QueueOptions } from './queue.js';

/**
 * Limits that the broker keeps, said while jobs run: it applies the lower of these and those that the queue was made
 * with. They are set at the broker, not in the job store.
 */
export interface CapOverrides {
  /** Waiting jobs at most. Needs `managementUrl`, and a queue that was made with a limit or drops its oldest. */
  readonly maxLength?: number;
  /** Bytes of their payloads at most. Needs the same. */
  readonly maxBytes?: number;
  /** Makes a quorum queue that refuses drop its oldest instead. Needs `managementUrl`. */
  readonly overflow?: 'drop-oldest';
  /** Longest stay of jobs that come from now on. Needs `managementUrl`. */
  readonly messageTtl?: QueueOptions['messageTtl'];
  /** Deliveries without an outcome before a job counts as poison. Needs `managementUrl`. */
  readonly deliveryLimit?: number;
  /** Longest stay of dead letters that come from now on. Needs `managementUrl`. */
  readonly deadLetterTtl?: QueueOptions['deadLetterTtl'];
  /** Dead letters at most. Needs `managementUrl`. */
  readonly deadLetterMaxLength?: number;
}

const OTHERWISE = 'what the queue was made with';

const lowered = (name: keyof CapOverrides & keyof typeof QUEUE, text: string) =>
  optional(QUEUE[name].kind, `${text} Needs \`managementUrl\` and can only be lowered.`, OTHERWISE);

export const CAP_OVERRIDES = {
  maxLength: lowered('maxLength', 'Waiting jobs at most.'),
  maxBytes: lowered('maxBytes', 'Bytes of their payloads at most.'),
  overflow: optional(
    oneOf('drop-oldest'),
    'Makes a quorum queue that refuses drop its oldest instead. Needs `managementUrl`.',
    OTHERWISE,
  ),
  messageTtl: lowered('messageTtl', 'Longest stay of jobs that come from now on.'),
  deliveryLimit: lowered('deliveryLimit', 'Deliveries without an outcome before a job counts as poison.'),
  deadLetterTtl: lowered('deadLetterTtl', 'Longest stay of dead letters that come from now on.'),
  deadLetterMaxLength: lowered('deadLetterMaxLength', 'Dead letters at most.'),
} satisfies Declares<CapOverrides>;

export type CapOption = keyof CapOverrides;

export const CAP_OPTIONS = Object.keys(CAP_OVERRIDES) as readonly CapOption[];

/** As the port calls it. */
export function capName(option: CapOption): CapName {
  if (option === 'messageTtl') return 'messageTtlMs';
  return option === 'deadLetterTtl' ? 'deadLetterTtlMs' : option;
}

export function isCapOption(name: string): name is CapOption {
  return Object.hasOwn(CAP_OVERRIDES, name);
}

/** A patch in two: what the broker keeps, and the rest. What is no object stays as it is. */
export function splitPatch(patch: unknown): {
  readonly caps: Readonly<Record<string, unknown>>;
  readonly rest: object;
} {
  if (!isRecord(patch)) return { caps: {}, rest: patch as object };
  const said = Object.entries(patch).filter(([, value]) => value !== undefined);
  return {
    caps: Object.fromEntries(said.filter(([name]) => isCapOption(name))),
    rest: Object.fromEntries(said.filter(([name]) => !isCapOption(name))),
  };
}

/** Of caps without problems. */
export function capsOf(said: Readonly<Record<string, unknown>>): QueueCaps {
  return Object.fromEntries(
    Object.entries(said).map(([name, value]) => [
      capName(name as CapOption),
      CAP_OVERRIDES[name as CapOption].resolve(value),
    ]),
  );
}
