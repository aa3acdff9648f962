import { RetryJobError } from 'nestjs-warren';

/**
 * Nothing was heard of a remote worker until its lease was over. The job comes again at once, as that of a worker that
 * died, but the attempt counts: a job that ends each worker it meets must come to an end itself.
 */
export class LeaseEndedError extends RetryJobError {
  constructor(why: string) {
    super(0, `The lease of the attempt is over: ${why}. Send heartbeats in time, or ask for a longer lease.`);
  }
}
