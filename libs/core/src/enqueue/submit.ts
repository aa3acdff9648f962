import type { JobDefinition } from '../job/definition.js';
import type { Envelope } from '../job/envelope.js';
import { toMessage } from '../job/wire.js';
import type { EnqueueOptions } from '../options/enqueue.js';
import { requireHeaders } from '../options/headers.js';
import type { Settings } from '../options/settings.js';
import { checkSize } from '../payload/size.js';
import { validatorFor } from '../payload/validator.js';
import type { Broker } from '../ports/broker.js';
import { buildContext, buildEnvelope, type Outgoing } from './build.js';
import { JobRef } from './job-ref.js';
import { momentOf } from './moment.js';
import { newJobOf } from './new-job.js';
import { createNotTaken } from './not-taken.js';
import { plan } from './plan.js';
import { publishOnce } from './publish-once.js';
import type { SubmitParts } from './parts.js';
import { createReplace } from './replace.js';
import { createReserve, keyTakenBy } from './reserve.js';
import { untracked, untrackedLookup } from './untracked.js';

export interface JobRequest {
  readonly job: JobDefinition | string;
  readonly payload: unknown;
  readonly options?: EnqueueOptions | undefined;
}

export interface Submission extends JobRequest {
  /** By whoever enqueues it: then the store must hear of its end. */
  readonly isAwaited?: boolean;
}

/** The way of a job out: plan -> encode -> validate -> build -> middleware -> reserve -> record -> publish -> JobRef. */
export type Submit = (submission: Submission) => Promise<JobRef>;

export function createSubmit(parts: SubmitParts): Submit {
  const { settings, broker, clock, ids, codec, observers, records, lookup } = parts;
  const declareQueue = declareOnce(settings, broker);
  const notTaken = createNotTaken(parts);
  const reserve = createReserve({ ...parts, replace: createReplace({ ...parts, declareQueue, notTaken }) });

  const send = async (context: Outgoing): Promise<void> => {
    const { type, queue, body, plan } = context;
    if (parts.middleware.length > 0) requireHeaders(context.headers, `enqueue('${type}') middleware`);
    if (plan.unique) {
      context.reservation = await reserve(context, plan.unique);
      if (context.reservation.kind === 'taken') return;
    }
    const envelope = buildEnvelope(context, settings.app, ids.token(), clock.now());
    const policy = context.policy?.track === 'all' ? context.policy : undefined;
    if (policy) {
      await records?.enqueued(newJobOf(envelope, body, policy, plan.tags, settings.maxRememberedBytes));
    }
    try {
      declareQueue(queue);
      await broker.publish(toMessage(envelope, body), target(envelope));
    } catch (error) {
      await notTaken(envelope, error, { policy, key: keyTakenBy(context.reservation) });
      throw error;
    }
    observers.tell(momentOf(envelope, clock.now()));
  };

  const wrapped = publishOnce(parts.middleware, send);

  return async ({ job, payload, options, isAwaited = false }) => {
    const planned = plan(job, options, settings.queues, clock.now());
    const place = `enqueue('${planned.type}')`;
    const policy = records && settings.queues.policyOf(planned.queue, undefined, planned.policy);
    const isUntracked = policy !== undefined && policy.track !== 'all';
    if (isAwaited && isUntracked) throw untracked(`enqueueAndWait('${planned.type}')`, policy.track);
    const body = codec.encode(payload);
    checkSize(body, settings.maxPayloadBytes, place);
    const contract = typeof job === 'string' ? undefined : job.payload;
    // What the worker will see is checked, not what was given: a Date, say, arrives as text.
    if (contract) await validatorFor(contract, place).check(codec.decode(body));
    const context = buildContext({ plan: planned, payload, body, policy }, ids);
    await wrapped(context);
    const { reservation } = context;
    const asks = isUntracked ? untrackedLookup(planned.type, policy.track, lookup) : lookup;
    return reservation?.kind === 'taken'
      ? new JobRef(reservation.holder, planned.type, reservation.queue, asks, { deduplicated: true })
      : new JobRef(context.id, planned.type, planned.queue, asks);
  };

  function target(envelope: Envelope) {
    const { queue, notBefore } = envelope;
    return notBefore === undefined ? { queue } : { queue, delayMs: Math.max(0, notBefore - clock.now()) };
  }
}

/**
 * Producers declare what they publish to, so that a job enqueued before the first worker ever booted waits safely.
 * Nobody waits for the answer: the broker holds what is published until it is there.
 */
function declareOnce(settings: Settings, broker: Broker): (queue: string) => void {
  const declared = new Set<string>();
  return (queue) => {
    if (declared.has(queue)) return;
    declared.add(queue);
    // Those that publish to it hear of the refusal; the next one asks again.
    broker.ensureQueue(settings.queues.settingsOf(queue).spec).catch(() => declared.delete(queue));
  };
}
