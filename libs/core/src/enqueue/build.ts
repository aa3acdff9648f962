import { JobContext } from '../job/context.js';
import type { Envelope } from '../job/envelope.js';
import type { EncodedPayload } from '../job/message.js';
import type { Policy } from '../job/policy.js';
import type { IdSource } from '../kernel/ids.js';
import type { EnqueueContext } from '../middleware/types.js';
import type { Plan } from './plan.js';

/** What came of asking for the unique key of a job on its way out. */
export type Reservation =
  | {
      readonly kind: 'held';
      readonly key: string;
      /** Whether workers end it; else its time does. */
      readonly travels: boolean;
      /** With the first run of the job. */
      readonly untilStarted: boolean;
      /** Whether it ends with a publish that fails: it was not there before. */
      readonly isFresh: boolean;
    }
  /** Another job has it, and stands for this one. */
  | { readonly kind: 'taken'; readonly holder: string; readonly queue: string };

/** A job on its way out, with what only Warren sees of it. */
export interface Outgoing extends EnqueueContext {
  readonly plan: Plan;
  readonly body: EncodedPayload;
  /** What a producer knows of it; undefined: nothing remembers jobs. */
  readonly policy: Policy | undefined;
  /** Of the job whose handler enqueues it. */
  readonly parentId: string | undefined;
  readonly rootId: string | undefined;
  /** Of its unique key, once that was asked for. */
  reservation: Reservation | undefined;
}

/** What a middleware sees of the job: its headers and correlation id may still change. */
export function buildContext(
  { plan, payload, body, policy }: Pick<Outgoing, 'plan' | 'payload' | 'body' | 'policy'>,
  ids: IdSource,
): Outgoing {
  const id = plan.id ?? ids.jobId();
  const running = JobContext.currentOrUndefined();
  return {
    id,
    type: plan.type,
    queue: plan.queue,
    payload,
    headers: { ...plan.headers },
    correlationId: plan.correlationId ?? running?.correlationId ?? id,
    plan,
    body,
    policy,
    parentId: running?.id,
    rootId: running && (running.rootId ?? running.id),
    reservation: undefined,
  };
}

/** The job's first envelope. */
export function buildEnvelope(context: Outgoing, app: string, token: string, now: number): Envelope {
  const { plan, reservation } = context;
  const held = reservation?.kind === 'held' && reservation.travels ? reservation : undefined;
  return {
    id: context.id,
    type: plan.type,
    queue: plan.queue,
    attempt: 1,
    enqueuedAt: now,
    notBefore: plan.notBefore,
    deadlineAt: plan.deadlineAt,
    own: plan.own,
    priority: plan.priority,
    uniqueKey: held?.key,
    uniqueUntil: held?.untilStarted ? 'started' : undefined,
    generation: 1,
    token,
    correlationId: context.correlationId,
    parentId: context.parentId,
    rootId: context.rootId,
    appId: app,
    headers: context.headers,
    history: [],
  };
}
