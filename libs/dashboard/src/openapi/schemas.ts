import type { Schema } from '../api/fields.js';

/** Answers of the API as JSON schemas, by name. What may be missing is not required. */

const text = { type: 'string' };
const instant = { type: 'string', format: 'date-time' };
const count = { type: 'integer', minimum: 0 };
const any = {};

function object(
  required: Readonly<Record<string, Schema>>,
  more: Readonly<Record<string, Schema>> = {},
): Schema {
  return { type: 'object', properties: { ...required, ...more }, required: Object.keys(required) };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

export function ref(name: keyof typeof SCHEMAS): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const error = object({ name: text, message: text }, { stack: text, code: text });

const jobRow = {
  id: text,
  type: text,
  queue: text,
  state: text,
  createdAt: instant,
  changedAt: instant,
  attempt: count,
  tags: listOf(text),
};

const jobMore = {
  reason: text,
  error,
  dueAt: instant,
  startedAt: instant,
  endedAt: instant,
  maxAttempts: count,
  worker: text,
  priority: count,
  correlationId: text,
  cancellation: object({ at: instant }, { reason: text, by: text }),
};

const setting = object({ origin: text }, { value: any, beneath: any, problem: text });

export const SCHEMAS = {
  Problem: object(
    { type: text, title: text, status: count, detail: text },
    { code: text, hint: text, errors: listOf(text) },
  ),
  Accepted: object({ id: text, type: text, queue: text, deduplicated: { type: 'boolean' } }),
  JobRow: object(jobRow, jobMore),
  Job: object(
    {
      ...jobRow,
      attempts: listOf(
        object(
          { number: count, startedAt: instant, endedAt: instant, worker: text, outcome: text },
          { error },
        ),
      ),
      lines: listOf(object({ at: instant, level: text, text })),
    },
    { ...jobMore, payload: any, result: any, resultNotKept: text, progress: any },
  ),
  FoundJobs: object({ jobs: listOf({ $ref: '#/components/schemas/JobRow' }) }, { next: text }),
  Result: object(
    { id: text, state: text, ended: { type: 'boolean' } },
    {
      result: any,
      resultNotKept: text,
      reason: text,
      error,
    },
  ),
  Cancelled: object({ id: text, outcome: { enum: ['cancelled', 'cancelling', 'ended'] } }),
  Counts: object({ all: { type: 'object' }, queues: { type: 'object' } }),
  Queue: object(
    {
      name: text,
      isPaused: { type: 'boolean' },
      settings: { type: 'object', additionalProperties: setting },
    },
    { ready: count, deadLetters: count, consumers: count },
  ),
  /** `kept`: in the job store. `told`: to the processes that run. */
  Held: object({ hold: { enum: ['kept', 'told'] } }),
  Drained: object({ drained: { const: true } }),
  DeadLetters: object({
    deadLetters: listOf(
      object(
        {
          queue: text,
          reason: text,
          error: text,
          attempts: count,
          history: listOf(any),
          headers: { type: 'object' },
          sizeBytes: count,
        },
        { id: text, type: text, failedAt: instant, enqueuedAt: instant, contentType: text, payload: any },
      ),
    ),
  }),
  Counted: object({ count }),
  Schedule: object(
    {
      name: text,
      origin: { enum: ['code', 'runtime'] },
      job: text,
      isPayloadComputed: { type: 'boolean' },
      jitter: count,
      missed: text,
      overlap: text,
      createdAt: instant,
      changedAt: instant,
      fired: count,
    },
    {
      cron: text,
      every: count,
      tz: text,
      startAt: instant,
      endAt: instant,
      limit: count,
      payload: any,
      deadline: count,
      enqueue: any,
      pausedAt: instant,
      next: instant,
      lastJob: object({ id: text, at: instant }),
      bufferedAt: instant,
      error: text,
    },
  ),
  Schedules: object({ schedules: listOf({ $ref: '#/components/schemas/Schedule' }) }),
  Occurrences: object({ occurrences: listOf(instant) }),
  Removed: object({ removed: { type: 'boolean' } }),
  Types: object({ types: listOf(text) }),
  Workers: object({
    workers: listOf(
      object(
        {
          id: text,
          process: text,
          host: text,
          pid: count,
          version: text,
          startedAt: instant,
          at: instant,
          isQuiet: { type: 'boolean' },
          queues: listOf(object({ queue: text, concurrency: count, isHeld: { type: 'boolean' } })),
          running: count,
          jobs: listOf(any),
          memory: { type: 'object' },
        },
        { eventLoopLagMs: { type: 'number' } },
      ),
    ),
  }),
  Told: object({ told: { enum: ['done', 'told'] } }),
  Topology: object({ ok: { type: 'boolean' }, findings: listOf({ type: 'object' }) }),
  Lease: object({ lease: text, expiresAt: instant }),
  Received: object({
    jobs: listOf(
      object(
        {
          lease: text,
          expiresAt: instant,
          id: text,
          type: text,
          queue: text,
          attempt: count,
          maxAttempts: count,
          enqueuedAt: instant,
          headers: { type: 'object' },
          correlationId: text,
          redelivered: { type: 'boolean' },
        },
        { payload: any, scheduledFor: instant, deadline: instant },
      ),
    ),
  }),
  Settled: object({
    id: text,
    outcome: { enum: ['completed', 'retrying', 'failed', 'released', 'cancelled'] },
  }),
} satisfies Readonly<Record<string, Schema>>;
