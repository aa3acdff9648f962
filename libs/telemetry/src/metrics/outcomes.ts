import type { ErrorDescription, JobMoment } from 'nestjs-warren';

/** Moments -> the words that labels have. Each is one of a short list. */

type Ended = Extract<JobMoment, { readonly startedAt: number }>;

export type Outcome =
  | 'completed'
  | 'retried'
  | 'snoozed'
  | 'failed'
  | 'timeout'
  | 'expired'
  | 'cancelled'
  | 'duplicate'
  | 'interrupted'
  | 'lost'
  | 'settle_failed';

/** `timeout`: of an attempt that failed by it, whether it is retried or not. */
export function outcomeOf(moment: Ended): Outcome {
  switch (moment.kind) {
    case 'retryScheduled':
      return isTimeout(moment.error) ? 'timeout' : 'retried';
    case 'failed':
      if (moment.reason === 'expired') return 'expired';
      return isTimeout(moment.error) ? 'timeout' : 'failed';
    case 'settleFailed':
      return 'settle_failed';
    default:
      return moment.kind;
  }
}

/** The state in which a job ends for good; undefined: it goes on. */
export function finalStateOf({ kind }: Ended): 'completed' | 'failed' | 'cancelled' | undefined {
  return kind === 'completed' || kind === 'failed' || kind === 'cancelled' ? kind : undefined;
}

/** Why a message that came could not run; undefined: it could. */
export function rejectionOf(moment: Ended): 'unknown_type' | 'past_deadline' | 'invalid' | undefined {
  if (moment.kind !== 'retryScheduled' && moment.kind !== 'failed') return undefined;
  if (moment.error.code === 'WARREN_NO_HANDLER') return 'unknown_type';
  if (moment.kind === 'retryScheduled') return undefined;
  if (moment.reason === 'expired') return 'past_deadline';
  return moment.reason === 'rejected' ? 'invalid' : undefined;
}

const ENQUEUE_REASONS: Readonly<Record<string, string>> = {
  WARREN_UNROUTABLE: 'unroutable',
  WARREN_PUBLISH_REFUSED: 'nacked',
  WARREN_QUEUE_FULL: 'queue_full',
  WARREN_PUBLISH_TIMEOUT: 'confirm_timeout',
  WARREN_PUBLISH_BACKLOG: 'backlog',
  WARREN_NOT_CONNECTED: 'not_connected',
  WARREN_CLOSED: 'closed',
};

export function enqueueReasonOf({ code }: ErrorDescription): string {
  return ENQUEUE_REASONS[code ?? ''] ?? 'other';
}

function isTimeout({ code }: ErrorDescription): boolean {
  return code === 'WARREN_TIMEOUT';
}
