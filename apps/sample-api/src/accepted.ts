import type { JobRef } from 'nestjs-warren';

/** What a request that only enqueues answers: the jobs that will do the work. */
export interface Accepted {
  readonly jobs: ReadonlyArray<{ readonly id: string; readonly type: string }>;
}

export function accepted(jobs: readonly JobRef[]): Accepted {
  return { jobs: jobs.map(({ id, type }) => ({ id, type })) };
}
