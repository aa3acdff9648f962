import { withAttempt, type AttemptRecord } from '../job/attempt.js';
import type { Envelope } from '../job/envelope.js';
import type { EncodedPayload } from '../job/message.js';
import { toMessage } from '../job/wire.js';
import { WarrenError, describeError } from '../kernel/errors/index.js';
import type { PublishTarget } from '../ports/broker.js';
import type { JobRecord } from '../ports/job-record.js';
import { readCarried } from './carried.js';
import { momentOf } from './moment.js';
import { createNotTaken } from './not-taken.js';
import type { SubmitParts } from './parts.js';

/**
 * A new message of a job that the store knows and has opened for it (`RecordStore.reopen`): with the record's
 * generation, which makes those before it leave unseen, and for the attempt that comes next.
 */

export type RepublishParts = Pick<
  SubmitParts,
  'settings' | 'broker' | 'clock' | 'ids' | 'observers' | 'records'
>;

/**
 * `anew`: as if enqueued now. Its history and its own deadline go; ttl and the handler's deadline count from now.
 * `next`: the job goes on, with the history of its failed attempts; deadlines count from its enqueue.
 */
export type Story = 'anew' | 'next';

/**
 * Resolves when the broker has the message, due at the record's `dueAt`. `send` sends it by another way than with the
 * payload that the store has.
 * @throws WarrenError WARREN_NOT_REPUBLISHED when that fails: the store then has the job as `enqueue_failed`.
 * WARREN_PAYLOAD_NOT_KEPT when the store has no payload; nothing is published then.
 */
export type Republish = (job: JobRecord, story: Story, send?: () => Promise<void>) => Promise<void>;

/** Through the delays, even when it is due now: then no clock of a worker holds it back. */
const LEAST_DELAY_MS = 1;

export function createRepublish(parts: RepublishParts): Republish {
  const { settings, broker, clock, ids, observers } = parts;
  const notTaken = createNotTaken(parts);

  return async (job, story, send) => {
    const body = send ? undefined : bodyOfRecord(job);
    const envelope = envelopeOfRecord(job, story, {
      app: settings.app,
      token: ids.token(),
      now: clock.now(),
    });
    const { queue } = envelope;
    try {
      // Those that publish to it hear of a refusal.
      broker.ensureQueue(settings.queues.settingsOf(queue).spec).catch(() => undefined);
      await (body ? broker.publish(toMessage(envelope, body), target(envelope)) : send!());
    } catch (error) {
      await notTaken(envelope, error, { policy: settings.queues.policyOf(queue, undefined, undefined) });
      throw notRepublished(job, error);
    }
    observers.tell(momentOf(envelope, clock.now()));
  };

  function target({ queue, notBefore }: Envelope): PublishTarget {
    return notBefore === undefined
      ? { queue }
      : { queue, delayMs: Math.max(LEAST_DELAY_MS, notBefore - clock.now()) };
  }
}

export function envelopeOfRecord(
  job: JobRecord,
  story: Story,
  { app, token, now }: { readonly app: string; readonly token: string; readonly now: number },
): Envelope {
  const { headers, own, deadlineAt, uniqueUntil } = readCarried(job.carried);
  const isAnew = story === 'anew';
  return {
    id: job.id,
    type: job.type,
    queue: job.queue,
    attempt: job.attempt + 1,
    enqueuedAt: isAnew ? now : job.createdAt,
    // The ttl and the lateness of one that goes on count from when it was due, which is now.
    notBefore: isAnew ? job.dueAt : (job.dueAt ?? now),
    deadlineAt: isAnew ? undefined : deadlineAt,
    own,
    priority: job.priority,
    uniqueKey: job.uniqueKey,
    uniqueUntil,
    generation: job.generation,
    token,
    correlationId: job.correlationId,
    parentId: job.parentId,
    rootId: job.rootId,
    appId: app,
    headers,
    history: isAnew ? [] : historyOf(job),
  };
}

/**
 * The failed attempts since the job was enqueued or last retried by an operator, as its messages carry them: their
 * numbers rise up to the attempts spent.
 */
function historyOf({ attempts, attempt }: JobRecord): readonly AttemptRecord[] {
  const failed: AttemptRecord[] = [];
  let below = attempt + 1;
  for (const { number, startedAt, endedAt, worker, error, outcome } of attempts.toReversed()) {
    if ((outcome !== 'retry' && outcome !== 'failed') || !error) continue;
    if (number >= below) break;
    below = number;
    failed.unshift({ number, startedAt, endedAt, worker, error });
  }
  return failed.reduce<readonly AttemptRecord[]>(withAttempt, []);
}

/** As the codec writes it. */
function bodyOfRecord(job: JobRecord): EncodedPayload {
  if (job.payload === undefined) throw payloadNotKept(job);
  return { bytes: Buffer.from(job.payload), contentType: 'application/json' };
}

export function payloadNotKept({ id, type }: JobRecord): WarrenError {
  return new WarrenError(
    'WARREN_PAYLOAD_NOT_KEPT',
    `Neither the job store nor the dead letters have the payload of job ${JSON.stringify(id)} (${type}): it was larger than maxRememberedBytes, or another program enqueued the job. Enqueue it again with its payload.`,
    { details: { id } },
  );
}

function notRepublished({ id, type, queue }: JobRecord, cause: unknown): WarrenError {
  const { name, message } = describeError(cause);
  return new WarrenError(
    'WARREN_NOT_REPUBLISHED',
    `The broker did not take the new message of job ${JSON.stringify(id)} (${type}) for queue '${queue}': ${name}: ${message} The job is enqueue_failed: call jobs.retry(id) when the broker takes messages again.`,
    { cause, details: { id, queue } },
  );
}
