import type { Envelope } from '../job/envelope.js';
import type { JobOutcome } from '../job/outcome.js';
import type { Policy } from '../job/policy.js';
import type { JobRecords } from '../ports/job-records.js';
import type { ClaimAnswer, RecordedOutcome } from '../ports/store-records.js';

/** What the store said of a message that arrived. */
export interface Claimed {
  /** Which run of the job this is; 0: the store was not asked, or did not answer. */
  readonly run: number;
  /** Undefined: the handler may run. */
  readonly over: JobOutcome | undefined;
  /** The message ended so before, and only the broker does not know. */
  readonly isEnded: boolean;
  /** Somebody cancelled or discarded the job while it waited. */
  readonly isGone: boolean;
}

export const UNCLAIMED: Claimed = { run: 0, over: undefined, isEnded: false, isGone: false };

/** May its handler run? Undefined: nobody is to be asked. */
export function claim(
  { id, type, queue, generation, token, attempt, enqueuedAt }: Envelope,
  policy: Policy,
  at: number,
  worker: string,
  records: JobRecords,
): Promise<ClaimAnswer | undefined> | undefined {
  if (policy.track !== 'all') return undefined;
  return records.claim({
    id,
    type,
    queue,
    generation,
    token,
    attempt,
    maxAttempts: policy.attempts,
    createdAt: enqueuedAt,
    at,
    worker,
    timeoutMs: policy.timeoutMs,
  });
}

/** Without an answer the job runs, as without a store; observers hear of that by the moment storeDown. */
export function claimedBy(answer: ClaimAnswer | undefined): Claimed {
  switch (answer?.kind) {
    case undefined:
      return UNCLAIMED;
    case 'run':
      return { run: answer.run, over: undefined, isEnded: false, isGone: false };
    case 'ended':
      return { ...UNCLAIMED, over: again(answer.outcome), isEnded: true };
    case 'duplicate':
      return over({
        kind: 'duplicate',
        why: `another message of the job, of generation ${answer.generation}, owns it`,
      });
    case 'cancelled': {
      // Told when that was done.
      if (!answer.isNew) {
        return { ...over({ kind: 'duplicate', why: 'the job was cancelled' }), isGone: true };
      }
      const { reason, by } = answer.cancellation;
      return over({ kind: 'cancelled', reason, by });
    }
    case 'discarded':
      return { ...over({ kind: 'duplicate', why: 'the job was discarded' }), isGone: true };
  }
}

function over(outcome: JobOutcome): Claimed {
  return { ...UNCLAIMED, over: outcome };
}

/** The recorded outcome, to be made true at the broker. Its result stays with the store. */
function again(outcome: RecordedOutcome): JobOutcome {
  if (outcome.kind === 'completed') return { kind: 'completed', result: undefined };
  if (outcome.kind === 'cancelled') return { kind: 'cancelled', reason: undefined, by: undefined };
  return outcome;
}
