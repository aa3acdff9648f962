import type { ErrorDescription } from '../kernel/errors/index.js';
import type { JobMoment, Moment } from '../observe/moments.js';
import { isRecord } from '../options/describe.js';
import { rememberedText } from '../payload/remembered.js';

/** Moments on their way to other processes: bounded when they are sent, checked when they arrive. */

/** A moment of any process of the application. */
export type ClusterMoment = JobMoment & {
  /** Where it happened: `host:process id`. */
  readonly process: string;
};

const VALUE_BYTES = 16 * 1024;
const STACK_BYTES = 2 * 1024;
const KEY_BYTES = 255;

/** What each kind must have, beside what all have. Closed by the type: a new kind cannot be forgotten. */
const RUN = { startedAt: 'number', durationMs: 'number' } as const;
const FIELDS: Record<
  JobMoment['kind'],
  Readonly<Record<string, 'number' | 'string' | 'boolean' | 'error'>>
> = {
  enqueued: {},
  enqueueFailed: { error: 'error' },
  started: { redelivered: 'boolean', latenessMs: 'number' },
  progressed: {},
  completed: RUN,
  retryScheduled: { ...RUN, delayMs: 'number', maxAttempts: 'number', error: 'error' },
  snoozed: { ...RUN, delayMs: 'number', reason: 'string' },
  failed: { ...RUN, reason: 'string', maxAttempts: 'number', error: 'error' },
  cancelled: RUN,
  duplicate: { ...RUN, why: 'string' },
  interrupted: { ...RUN, why: 'string' },
  lost: { ...RUN, why: 'string' },
  settleFailed: { ...RUN, outcome: 'string', error: 'error' },
};
const OF_ALL = { at: 'number', jobId: 'string', type: 'string', queue: 'string', attempt: 'number' } as const;

export type JobMomentKind = JobMoment['kind'];

export const JOB_MOMENT_KINDS = Object.keys(FIELDS) as readonly JobMomentKind[];

export function isJobMoment(moment: Moment): moment is JobMoment {
  return Object.hasOwn(FIELDS, moment.kind);
}

/** The routing key: `completed.email:new`, cut to what AMQP takes. */
export function keyOf({ kind, type }: JobMoment): string {
  const key = `${kind}.${type}`;
  if (key.length * 3 <= KEY_BYTES) return key;
  const bytes = Buffer.from(key);
  // A character that was cut in two is left out: it would take three bytes.
  return bytes.length <= KEY_BYTES ? key : bytes.subarray(0, KEY_BYTES).toString().replace(/�+$/u, '');
}

/** As the body of a signal. Results and progress above 16 KiB of JSON are left out, and stacks above 2 KiB. */
export function carried(moment: JobMoment, process: string): unknown {
  return { v: 1, process, moment: bounded(moment) };
}

/** Undefined: no moment, or one of a later version. */
export function readCarried(body: unknown): ClusterMoment | undefined {
  if (!isRecord(body) || body['v'] !== 1 || typeof body['process'] !== 'string') return undefined;
  const { moment, process } = body;
  if (!isRecord(moment)) return undefined;
  const { kind } = moment;
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return undefined;
  const wanted = { ...OF_ALL, ...FIELDS[kind as JobMoment['kind']] };
  if (!Object.entries(wanted).every(([name, form]) => hasForm(moment[name], form))) return undefined;
  return { ...moment, process } as unknown as ClusterMoment;
}

function bounded(moment: JobMoment): JobMoment {
  if (moment.kind === 'completed') return { ...moment, result: withinBound(moment.result) };
  if (moment.kind === 'progressed') return { ...moment, progress: withinBound(moment.progress) };
  return 'error' in moment ? { ...moment, error: withShortStack(moment.error) } : moment;
}

function withinBound(value: unknown): unknown {
  return rememberedText(value, 'value', VALUE_BYTES).kind === 'text' ? value : undefined;
}

function withShortStack(error: ErrorDescription): ErrorDescription {
  const { stack = '', ...rest } = error;
  return Buffer.byteLength(stack) > STACK_BYTES ? rest : error;
}

function hasForm(value: unknown, form: string): boolean {
  if (form !== 'error') return typeof value === form;
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['message'] === 'string';
}
