import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  context,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { EnqueueContext, EnqueueMiddleware } from 'nestjs-warren';
import type { Clock } from 'nestjs-warren/ports';
import type { Destination } from '../destination.js';
import { ATTRIBUTES } from '../attributes.js';
import { occurrenceOf, type Occurrence } from '../occurrence.js';
import { readContext, writeContext } from './propagation.js';
import { describeThrown, type SpanNames } from './span-parts.js';

export interface EnqueueSpanParts {
  readonly tracer: Tracer;
  readonly clock: Pick<Clock, 'now'>;
  readonly names: SpanNames;
  readonly destination: () => Destination;
}

/**
 * One PRODUCER span for each job, from its enqueue to the broker's confirm, whose context travels in the headers of the
 * job. In an enqueue by a schedule it stands below a span of its own trace that tells how late the occurrence is.
 */
export function enqueueSpans(parts: EnqueueSpanParts): EnqueueMiddleware {
  return async (job, next) => {
    const occurrence = occurrenceOf(job);
    const scheduling = occurrence && scheduleSpan(occurrence, parts);
    const around = scheduling ? trace.setSpan(ROOT_CONTEXT, scheduling) : callerOf(job);
    const span = publishSpan(job, around, parts);
    const inside = trace.setSpan(around, span);
    writeContext(inside, job.headers);
    try {
      await context.with(inside, next);
      // Middleware further in may have set another.
      span.setAttribute(ATTRIBUTES.conversationId, job.correlationId);
    } catch (error) {
      fail([span, scheduling], error);
      throw error;
    } finally {
      span.end();
      scheduling?.end();
    }
  };
}

/** The trace that runs here; else the one that the caller hands on in the headers, as relays of other messages do. */
function callerOf({ headers }: EnqueueContext): Context {
  const active = context.active();
  return trace.getSpan(active) || headers['traceparent'] === undefined ? active : readContext(headers);
}

function publishSpan(
  { id, type, queue, correlationId }: EnqueueContext,
  around: Context,
  { tracer, names, destination: destinationNow }: EnqueueSpanParts,
): Span {
  const destination = destinationNow();
  const attributes: Attributes = {
    ...destination.attributes,
    [ATTRIBUTES.operationName]: 'publish',
    [ATTRIBUTES.operationType]: 'send',
    [ATTRIBUTES.destination]: destination.producer(queue),
    [ATTRIBUTES.routingKey]: queue,
    [ATTRIBUTES.messageId]: id,
    [ATTRIBUTES.conversationId]: correlationId,
    [ATTRIBUTES.queue]: queue,
    [ATTRIBUTES.jobType]: type,
  };
  const name = `publish ${names === 'type' ? type : destination.producer(queue)}`;
  return tracer.startSpan(name, { kind: SpanKind.PRODUCER, attributes }, around);
}

function scheduleSpan({ schedule, at }: Occurrence, { tracer, clock }: EnqueueSpanParts): Span {
  const attributes: Attributes = {
    [ATTRIBUTES.schedule]: schedule,
    [ATTRIBUTES.plannedAt]: new Date(at).toISOString(),
    [ATTRIBUTES.lagMs]: Math.max(0, clock.now() - at),
  };
  return tracer.startSpan(
    `schedule ${schedule}`,
    { kind: SpanKind.INTERNAL, root: true, attributes },
    ROOT_CONTEXT,
  );
}

function fail(spans: ReadonlyArray<Span | undefined>, error: unknown): void {
  const { type, message } = describeThrown(error);
  for (const span of spans) {
    span?.setAttribute(ATTRIBUTES.errorType, type);
    span?.setStatus({ code: SpanStatusCode.ERROR, message });
  }
}
