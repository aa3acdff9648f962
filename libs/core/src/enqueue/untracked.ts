import type { Track } from '../job/policy.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import type { JobLookup } from './job-ref.js';

/** Why nobody can wait for the end of a job; `place` is the call that wants to. */
export function untracked(place: string, track: Track): ConfigurationError {
  return new ConfigurationError([
    `${place}: the end of a job is read from the job store, which does not hear of it, as option track is '${track}'. Set track: 'all' in defineJob, for the queue or for the module.`,
  ]);
}

/** What the ref of such a job asks about it. */
export function untrackedLookup(type: string, track: Track, lookup: JobLookup): JobLookup {
  return {
    state: (id) => lookup.state(id),
    resultOfEnqueued: () => Promise.reject(untracked(`JobRef.result() of '${type}'`, track)),
  };
}
