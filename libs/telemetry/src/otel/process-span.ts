import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  context,
  propagation,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { ErrorDescription, JobContext, JobMiddleware, JobMoment, Moment } from 'nestjs-warren';
import type { Clock } from 'nestjs-warren/ports';
import type { Destination } from '../destination.js';
import { InHand } from '../in-hand.js';
import { outcomeOf } from '../metrics/outcomes.js';
import { ATTRIBUTES } from '../attributes.js';
import { isChild } from './parentage.js';
import { readContext } from './propagation.js';
import type { SpanNames } from './span-parts.js';

export interface ProcessSpanParts {
  readonly tracer: Tracer;
  readonly clock: Pick<Clock, 'now'>;
  readonly names: SpanNames;
  readonly linkAfterMs: number;
  readonly destination: () => Destination;
}

interface OpenSpan {
  readonly span: Span;
  /** When its handler ended; undefined: it runs. Epoch milliseconds. */
  endedAt: number | undefined;
}

/** The moment of an outcome comes as soon as it is settled. One whose ack was lost is told by another process. */
const TOLD_WITHIN_MS = 60_000;

/**
 * One CONSUMER span for each attempt, around the handler. It ends when the outcome of the attempt is settled, which alone
 * tells whether the job is retried, with the time at which the handler ended.
 */
export class ProcessSpans {
  private readonly open = new InHand<OpenSpan>(({ span, endedAt }) => {
    span.setAttribute(ATTRIBUTES.outcome, 'unknown');
    span.end(endedAt ?? this.parts.clock.now());
  });

  constructor(private readonly parts: ProcessSpanParts) {}

  readonly run: JobMiddleware = async (job, next) => {
    const { clock, linkAfterMs } = this.parts;
    const now = clock.now();
    const creation = readContext(job.headers);
    const around = isChild(job, linkAfterMs, now) ? creation : rootWithBaggageOf(creation);
    const open: OpenSpan = { span: this.start(job, creation, around, now), endedAt: undefined };
    this.open.sweep(({ endedAt = Infinity }) => endedAt < now - TOLD_WITHIN_MS);
    this.open.put(job.id, job.attempt, open);
    try {
      return await context.with(trace.setSpan(around, open.span), next);
    } finally {
      open.endedAt = clock.now();
    }
  };

  readonly observer = (moment: Moment): void => {
    if (!('startedAt' in moment)) return;
    const open = this.open.take(moment.jobId, moment.attempt);
    if (!open) return;
    const { span, endedAt = moment.at } = open;
    tellOutcome(span, moment, endedAt);
    span.end(endedAt);
  };

  close(): void {
    this.open.close();
  }

  private start(job: JobContext, creation: Context, around: Context, now: number): Span {
    const { tracer, names } = this.parts;
    const destination = this.parts.destination();
    const cause = trace.getSpanContext(creation);
    const name = `process ${names === 'type' ? job.type : destination.consumer(job.queue)}`;
    const options = {
      kind: SpanKind.CONSUMER,
      attributes: attributesOf(job, destination, now),
      links: cause ? [{ context: cause }] : [],
      startTime: now,
    };
    return tracer.startSpan(name, options, around);
  }
}

function attributesOf(job: JobContext, destination: Destination, now: number): Attributes {
  const { id, type, queue, attempt, maxAttempts, headers, scheduledFor, enqueuedAt } = job;
  const dueAt = Math.max(scheduledFor?.getTime() ?? 0, enqueuedAt.getTime());
  const waitMs = Math.max(0, now - dueAt);
  const schedule = headers['schedule'];
  return {
    ...destination.attributes,
    [ATTRIBUTES.operationName]: 'process',
    [ATTRIBUTES.operationType]: 'process',
    [ATTRIBUTES.destination]: destination.consumer(queue),
    [ATTRIBUTES.routingKey]: queue,
    [ATTRIBUTES.messageId]: id,
    [ATTRIBUTES.conversationId]: job.correlationId,
    [ATTRIBUTES.queue]: queue,
    [ATTRIBUTES.jobType]: type,
    [ATTRIBUTES.attempt]: attempt,
    [ATTRIBUTES.maxAttempts]: maxAttempts,
    [ATTRIBUTES.waitMs]: waitMs,
    [ATTRIBUTES.sentryLatency]: waitMs,
    [ATTRIBUTES.sentryRetries]: attempt - 1,
    ...(job.redelivered && { [ATTRIBUTES.redelivered]: true }),
    ...(typeof schedule === 'string' && { [ATTRIBUTES.schedule]: schedule }),
  };
}

function rootWithBaggageOf(creation: Context): Context {
  const baggage = propagation.getBaggage(creation);
  return baggage ? propagation.setBaggage(ROOT_CONTEXT, baggage) : ROOT_CONTEXT;
}

/** What jobs are expected to do (a snooze, a cancellation, a shutdown) is no error. */
function tellOutcome(
  span: Span,
  moment: Extract<JobMoment, { readonly startedAt: number }>,
  at: number,
): void {
  span.setAttribute(ATTRIBUTES.outcome, outcomeOf(moment));
  switch (moment.kind) {
    case 'failed':
      span.setAttribute(ATTRIBUTES.reason, moment.reason);
      return tellError(span, moment.error, at);
    case 'retryScheduled':
    case 'settleFailed':
      return tellError(span, moment.error, at);
    case 'lost':
      span.setAttribute(ATTRIBUTES.errorType, 'lost');
      span.setStatus({ code: SpanStatusCode.ERROR, message: moment.why });
      return;
    default:
  }
}

function tellError(span: Span, { name, message, stack, code }: ErrorDescription, at: number): void {
  span.setAttribute(ATTRIBUTES.errorType, code ?? name);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.recordException({ name, message, ...(stack !== undefined && { stack }) }, at);
}
