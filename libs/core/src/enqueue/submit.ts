import type { JobDefinition } from '../job/definition.js';
import type { Envelope } from '../job/envelope.js';
import { toMessage } from '../job/wire.js';
import type { Clock } from '../kernel/clock.js';
import { describeError } from '../kernel/errors/index.js';
import type { IdSource } from '../kernel/ids.js';
import { compose } from '../middleware/compose.js';
import type { EnqueueMiddleware } from '../middleware/types.js';
import type { Observers } from '../observe/observers.js';
import type { EnqueueOptions } from '../options/enqueue.js';
import { requireHeaders } from '../options/headers.js';
import type { Settings } from '../options/settings.js';
import type { PayloadCodec } from '../payload/codec.js';
import { checkSize } from '../payload/size.js';
import { validatorFor } from '../payload/validator.js';
import type { Broker } from '../ports/broker.js';
import { buildContext, buildEnvelope, type Outgoing } from './build.js';
import { JobRef } from './job-ref.js';
import { plan } from './plan.js';

export interface SubmitParts {
  readonly settings: Settings;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly codec: PayloadCodec;
  readonly observers: Observers;
  readonly middleware: readonly EnqueueMiddleware[];
}

export interface JobRequest {
  readonly job: JobDefinition | string;
  readonly payload: unknown;
  readonly options?: EnqueueOptions | undefined;
}

/** The way of a job out: plan -> encode -> validate -> build -> middleware -> publish -> JobRef. */
export type Submit = (request: JobRequest) => Promise<JobRef>;

export function createSubmit(parts: SubmitParts): Submit {
  const { settings, broker, clock, ids, codec, observers } = parts;
  const declareQueue = declareOnce(settings, broker);

  const send = async (context: Outgoing): Promise<void> => {
    const { type, queue, body } = context;
    if (parts.middleware.length > 0) requireHeaders(context.headers, `enqueue('${type}') middleware`);
    const envelope = buildEnvelope(context, settings.app, ids.token(), clock.now());
    try {
      const declaring = declareQueue(queue);
      if (declaring) await declaring;
      await broker.publish(toMessage(envelope, body), target(envelope));
    } catch (error) {
      observers.tell({ kind: 'enqueueFailed', ...momentOf(envelope, clock), error: describeError(error) });
      throw error;
    }
    const { id: jobId, attempt, correlationId, notBefore } = envelope;
    observers.tell({
      kind: 'enqueued',
      at: clock.now(),
      jobId,
      type,
      queue,
      attempt,
      correlationId,
      notBefore,
    });
  };

  const wrapped = compose<Outgoing, void>(parts.middleware, send);

  return async ({ job, payload, options }) => {
    const planned = plan(job, options, settings.queues, clock.now());
    const place = `enqueue('${planned.type}')`;
    const body = codec.encode(payload);
    checkSize(body, settings.maxPayloadBytes, place);
    const contract = typeof job === 'string' ? undefined : job.payload;
    // What the worker will see is checked, not what was given: a Date, say, arrives as text.
    if (contract) await validatorFor(contract, place).check(codec.decode(body));
    const context = buildContext(planned, payload, body, ids);
    await wrapped(context);
    return new JobRef(context.id, planned.type, planned.queue);
  };

  function target(envelope: Envelope) {
    const { queue, notBefore } = envelope;
    return notBefore === undefined ? { queue } : { queue, delayMs: Math.max(0, notBefore - clock.now()) };
  }
}

/** Producers declare what they publish to, so that a job enqueued before the first worker ever booted waits safely. */
function declareOnce(settings: Settings, broker: Broker): (queue: string) => Promise<void> | undefined {
  const declared = new Set<string>();
  const declaring = new Map<string, Promise<void>>();
  return (queue) => {
    if (declared.has(queue)) return undefined;
    let pending = declaring.get(queue);
    if (!pending) {
      pending = broker
        .ensureQueue(settings.queues.settingsOf(queue).spec)
        .then(() => void declared.add(queue))
        .finally(() => declaring.delete(queue));
      declaring.set(queue, pending);
    }
    return pending;
  };
}

function momentOf(envelope: Envelope, clock: Clock) {
  const { id, type, queue, attempt, correlationId } = envelope;
  return { at: clock.now(), jobId: id, type, queue, attempt, correlationId };
}
