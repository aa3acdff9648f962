import type { Duration } from '../kernel/duration.js';
import type { LimitOptions } from '../job/limits.js';
import type { PolicyOptions } from '../job/policy.js';
import { MOST_LEVELS, type PriorityPolicy } from '../job/priority.js';
import { optional, withDefault, type Declares } from './describe.js';
import { durationBetween, oneOf, wholeNumber, yesOrNo } from './kinds.js';
import { LIMITS, limitsOf } from './limits.js';
import { POLICY_LAYER } from './policy.js';
import type { QueueSettings } from './settings.js';

/** One queue, under `queues` of the module. Those of the first group are fixed once the queue exists. */
export interface QueueOptions extends PolicyOptions, LimitOptions {
  /** `quorum` is replicated and survives the loss of a node; `classic` lives on one. Default: `queueType` of the module. */
  readonly type?: 'quorum' | 'classic';
  /** Deliveries without an outcome (crashes of the worker) before a job counts as poison. Default 5. */
  readonly deliveryLimit?: number;
  /** Waiting jobs at most, those handed out not counted; `overflow` says what happens then. Default: no limit. */
  readonly maxLength?: number;
  /**
   * Bytes of the payloads of those at most, with RabbitMQ 4.3 of their headers, too; `overflow` says what happens then.
   * Default: no limit.
   */
  readonly maxBytes?: number;
  /**
   * What a queue does that holds `maxLength` or `maxBytes`. `reject`: enqueue throws `QueueFullError`. `drop-oldest`: the job that
   * has waited longest goes to the dead letters, reason `displaced`; the broker then moves jobs to the dead letters of
   * this queue at most once: those that it moves at the moment in which a node dies may be lost. Default `reject`.
   */
  readonly overflow?: 'reject' | 'drop-oldest';
  /** Longest stay of a message in the queue, its maximum age; then it goes to the dead letters. Default 14 d. */
  readonly messageTtl?: Duration;
  /** Longest stay of a dead letter. Default 14 d. */
  readonly deadLetterTtl?: Duration;
  /** Dead letters at most; above it the oldest are dropped. Default 100,000. */
  readonly deadLetterMaxLength?: number;
  /**
   * `false`: somebody else makes the queue and its dead letters, as named in the wire format. Warren looks for them, binds
   * them to its exchanges and uses them as they are; a missing one is `WARREN_TOPOLOGY_MISMATCH` at boot. Default true.
   */
  readonly declare?: boolean;
  /**
   * Levels of priority, 2 to 10: 0 runs last, the highest number first. `priority` of enqueue chooses one, by its number
   * or as 'high', 'normal' (the middle one, and the default) or 'low'. Each is a queue of its own at the broker, and
   * `maxLength` counts for each. Say it in every process that has to do with the queue. Default: none.
   */
  readonly priorities?: number;
  /**
   * How workers choose among levels with waiting jobs. `weighted`: each level starts three times as many jobs as the next
   * below, so that none starves. `strict`: always the highest. Default `weighted`.
   */
  readonly priorityPolicy?: PriorityPolicy;
  /** No job of the queue is tried more often, whatever it asks for. Default 1000. */
  readonly maxAttempts?: number;
}

export type QueueType = NonNullable<QueueOptions['type']>;

export const queueType = oneOf('quorum', 'classic');

/** RabbitMQ takes no longer time to live: 32 bits of milliseconds, about 49.7 days. */
const LONGEST_TTL_MS = 2 ** 32 - 1;

const QUEUE_ALONE = {
  type: optional(
    queueType,
    '`quorum` is replicated and survives the loss of a node; `classic` lives on one. Fixed once the queue exists.',
    '`queueType` of the module',
  ),
  deliveryLimit: withDefault(
    wholeNumber(1, 1_000_000),
    'Deliveries without an outcome (crashes of the worker) before a job counts as poison.',
    5,
  ),
  maxLength: optional(
    wholeNumber(1),
    'Waiting jobs at most, those handed out not counted; `overflow` says what happens then.',
    'no limit',
  ),
  maxBytes: optional(
    wholeNumber(1),
    'Bytes of the payloads of those at most, with RabbitMQ 4.3 of their headers, too; `overflow` says what happens then.',
    'no limit',
  ),
  overflow: withDefault(
    oneOf('reject', 'drop-oldest'),
    'What a queue does that holds `maxLength` or `maxBytes`. `reject`: enqueue throws `QueueFullError`. `drop-oldest`: the job that has waited longest goes to the dead letters, reason `displaced`; the broker then moves jobs to the dead letters of this queue at most once: those that it moves at the moment in which a node dies may be lost.',
    'reject',
  ),
  messageTtl: withDefault(
    durationBetween(1_000, LONGEST_TTL_MS),
    'Longest stay of a message in the queue, its maximum age; then it goes to the dead letters.',
    '14d',
  ),
  deadLetterTtl: withDefault(durationBetween(1_000, LONGEST_TTL_MS), 'Longest stay of a dead letter.', '14d'),
  deadLetterMaxLength: withDefault(
    wholeNumber(1),
    'Dead letters at most; above it the oldest are dropped.',
    100_000,
  ),
  declare: withDefault(
    yesOrNo,
    '`false`: somebody else makes the queue and its dead letters; Warren looks for them, binds them and uses them as they are.',
    true,
  ),
  priorities: optional(
    wholeNumber(2, MOST_LEVELS),
    "Levels of priority: 0 runs last, the highest number first. `priority` of enqueue chooses one, by its number or as 'high', 'normal' (the middle one, and the default) or 'low'. Each is a queue of its own at the broker, and `maxLength` counts for each.",
    'none',
  ),
  priorityPolicy: withDefault(
    oneOf<PriorityPolicy>('strict', 'weighted'),
    'How workers choose among levels with waiting jobs. `weighted`: each level starts three times as many jobs as the next below. `strict`: always the highest.',
    'weighted',
  ),
  maxAttempts: withDefault(
    wholeNumber(1),
    'No job of the queue is tried more often, whatever it asks for.',
    1_000,
  ),
} satisfies Declares<Omit<QueueOptions, keyof PolicyOptions | keyof LimitOptions>>;

/** Policy of a queue stands between that of a definition and that of the module. */
export const QUEUE = { ...QUEUE_ALONE, ...LIMITS, ...POLICY_LAYER };

/** Of options without problems. */
export function queueSettings(name: string, options: QueueOptions, typeOfOthers: QueueType): QueueSettings {
  return Object.freeze({
    maxAttempts: QUEUE_ALONE.maxAttempts.resolve(options.maxAttempts),
    limits: limitsOf([options]),
    priorityPolicy: QUEUE_ALONE.priorityPolicy.resolve(options.priorityPolicy),
    spec: Object.freeze({
      name,
      type: QUEUE_ALONE.type.resolve(options.type) ?? typeOfOthers,
      deliveryLimit: QUEUE_ALONE.deliveryLimit.resolve(options.deliveryLimit),
      maxLength: QUEUE_ALONE.maxLength.resolve(options.maxLength),
      maxBytes: QUEUE_ALONE.maxBytes.resolve(options.maxBytes),
      overflow: QUEUE_ALONE.overflow.resolve(options.overflow),
      messageTtlMs: QUEUE_ALONE.messageTtl.resolve(options.messageTtl),
      deadLetterTtlMs: QUEUE_ALONE.deadLetterTtl.resolve(options.deadLetterTtl),
      deadLetterMaxLength: QUEUE_ALONE.deadLetterMaxLength.resolve(options.deadLetterMaxLength),
      declare: QUEUE_ALONE.declare.resolve(options.declare),
      priorities: QUEUE_ALONE.priorities.resolve(options.priorities),
    }),
  });
}

/** What no single option shows. */
export function contradictions(queue: string, options: QueueOptions): string[] {
  return [
    ...cappedAttempts(queue, options),
    ...overflowWithoutLimit(queue, options),
    ...policyWithoutPriorities(queue, options),
  ];
}

/** Attempts that the queue's own cap would silently cut. */
function cappedAttempts(queue: string, options: QueueOptions): string[] {
  const { attempts } = options;
  const maxAttempts = QUEUE_ALONE.maxAttempts.resolve(options.maxAttempts);
  if (typeof attempts !== 'number' || attempts <= maxAttempts) return [];
  return [
    `queues.${queue}.attempts: ${attempts} is above maxAttempts of the same queue (${maxAttempts}). Raise maxAttempts or lower attempts.`,
  ];
}

/** There is nothing to choose from. */
function policyWithoutPriorities(queue: string, { priorityPolicy, priorities }: QueueOptions): string[] {
  if (priorityPolicy === undefined || priorities !== undefined) return [];
  return [
    `queues.${queue}.priorityPolicy: it says nothing without priorities. Give priorities: 3, or remove priorityPolicy.`,
  ];
}

/** A queue without a limit is never full. */
function overflowWithoutLimit(queue: string, { overflow, maxLength, maxBytes }: QueueOptions): string[] {
  if (overflow !== 'drop-oldest' || maxLength !== undefined || maxBytes !== undefined) return [];
  return [
    `queues.${queue}.overflow: 'drop-oldest' drops nothing without maxLength or maxBytes, as the queue is never full. Give one of them, or remove overflow.`,
  ];
}
