import { ConfigurationError, WarrenError, describeError } from '../kernel/errors/index.js';
import type { JobRef } from './job-ref.js';
import type { JobRequest, Submit } from './submit.js';

/** One job of an `enqueueMany`. */
export type BulkEntry = JobRequest;

/** How many of a bulk are on their way at once; the broker's own window bounds them further. */
const CHUNK = 1_000;

/**
 * Enqueues many, in chunks with one wait for the confirms each. All or some may be enqueued when it throws: the
 * error says which were not.
 */
export async function submitMany(submit: Submit, requests: readonly JobRequest[]): Promise<JobRef[]> {
  requireEntries(requests);
  const refs: JobRef[] = [];
  for (let start = 0; start < requests.length; start += CHUNK) {
    const chunk = requests.slice(start, start + CHUNK);
    const results = await Promise.allSettled(chunk.map((request) => submit(request)));
    const failures: BulkFailure[] = [];
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') refs.push(result.value);
      else failures.push({ index: start + index, error: result.reason });
    });
    if (failures.length > 0) throw new BulkEnqueueError(requests.length, refs, failures);
  }
  return refs;
}

function requireEntries(requests: readonly JobRequest[]): void {
  if (!Array.isArray(requests)) {
    throw new ConfigurationError([
      `enqueueMany(${typeof requests}): give a list of { job, payload, options }.`,
    ]);
  }
  const missing = requests.findIndex((request) => typeof request !== 'object' || request === null);
  if (missing < 0) return;
  throw new ConfigurationError([
    `enqueueMany: entry ${missing} is ${typeof requests[missing]}; give { job, payload, options }.`,
  ]);
}

export interface BulkFailure {
  /** Place in the array that was given. */
  readonly index: number;
  readonly error: unknown;
}

/** Some jobs of an `enqueueMany` were not enqueued. Those after the failing chunk were not tried. */
export class BulkEnqueueError extends WarrenError {
  constructor(
    total: number,
    /** Jobs that the broker has. */
    readonly enqueued: readonly JobRef[],
    readonly failures: readonly BulkFailure[],
  ) {
    const first = failures[0]!;
    const { name, message } = describeError(first.error);
    super(
      'WARREN_BULK_INCOMPLETE',
      `enqueueMany: ${enqueued.length} of ${total} jobs were enqueued, ${failures.length} failed; the first is number ${first.index}: ${name}: ${message} Enqueue those of \`failures\` and all that follow the last of them again.`,
      { cause: first.error, details: { total, enqueued: enqueued.length, failed: failures.length } },
    );
  }
}
