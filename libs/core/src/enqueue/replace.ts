import { toMessage } from '../job/wire.js';
import type { JobRecord } from '../ports/job-record.js';
import type { KeyHold } from '../ports/job-unique.js';
import type { Outgoing } from './build.js';
import { momentOf } from './moment.js';
import type { NotTaken } from './not-taken.js';
import { envelopeOfRecord } from './republish.js';
import type { SubmitParts } from './parts.js';

export type ReplaceParts = Pick<SubmitParts, 'settings' | 'broker' | 'clock' | 'ids' | 'observers'> & {
  readonly declareQueue: (queue: string) => void;
  readonly notTaken: NotTaken;
};

/**
 * Publishes the new message of a waiting job that gets payload and time of another enqueue, once the store has opened
 * it for that: its older message leaves unseen. All else stays as the job was enqueued; its time to live and its
 * deadline count anew.
 */
export type Replace = (context: Outgoing, job: JobRecord, hold: KeyHold) => Promise<void>;

export function createReplace(parts: ReplaceParts): Replace {
  const { settings, broker, clock, ids, observers, declareQueue, notTaken } = parts;

  return async ({ plan, body }, job, { key }) => {
    const now = clock.now();
    const envelope = {
      ...envelopeOfRecord(job, 'next', { app: settings.app, token: ids.token(), now }),
      enqueuedAt: now,
      notBefore: plan.notBefore,
      deadlineAt: plan.deadlineAt,
    };
    const { queue, notBefore } = envelope;
    try {
      declareQueue(queue);
      const delayMs = notBefore === undefined ? undefined : Math.max(0, notBefore - now);
      await broker.publish(toMessage(envelope, body), delayMs === undefined ? { queue } : { queue, delayMs });
    } catch (error) {
      const policy = settings.queues.policyOf(queue, undefined, plan.policy);
      // No message of it will run: whoever enqueues again makes a new job.
      await notTaken(envelope, error, { policy, key });
      throw error;
    }
    observers.tell(momentOf(envelope, clock.now()));
  };
}
