import type { JobDefinition, JobQueue } from 'nestjs-warren';
import type { AccessPolicy } from './access.js';
import type { Redact } from './redact.js';
import type { RemoteDesk } from './remote-worker/desk.js';

/** What the controllers of one module stand on. */
export interface ApiParts {
  readonly jobs: JobQueue;
  readonly policy: AccessPolicy;
  readonly redact: Redact;
  /** By their type. */
  readonly definitions: ReadonlyMap<string, JobDefinition>;
  readonly longestWaitMs: number;
  /** Of remote workers that ask for none. */
  readonly leaseMs: number;
  /** Undefined: no types are served to remote workers. */
  readonly desk: RemoteDesk | undefined;
}

export const API = Symbol('nestjs-warren-dashboard: the parts of an API');
