import { JobContext } from '../job/context.js';
import type { Envelope } from '../job/envelope.js';
import type { IdSource } from '../kernel/ids.js';
import type { EnqueueContext } from '../middleware/types.js';
import type { Plan } from './plan.js';

/** What a middleware sees of the job: its headers and correlation id may still change. */
export function buildContext(plan: Plan, payload: unknown, ids: IdSource): EnqueueContext {
  const id = plan.id ?? ids.jobId();
  return {
    id,
    type: plan.type,
    queue: plan.queue,
    payload,
    headers: { ...plan.headers },
    correlationId: plan.correlationId ?? JobContext.currentOrUndefined()?.correlationId ?? id,
  };
}

/** Plan and context -> the job's first envelope. */
export function buildEnvelope(
  plan: Plan,
  context: EnqueueContext,
  app: string,
  token: string,
  now: number,
): Envelope {
  return {
    id: context.id,
    type: plan.type,
    queue: plan.queue,
    attempt: 1,
    enqueuedAt: now,
    ...(plan.notBefore !== undefined && { notBefore: plan.notBefore }),
    ...(plan.deadlineAt !== undefined && { deadlineAt: plan.deadlineAt }),
    own: plan.own,
    ...(plan.priority !== undefined && { priority: plan.priority }),
    generation: 1,
    token,
    correlationId: context.correlationId,
    appId: app,
    headers: context.headers,
    history: [],
  };
}
