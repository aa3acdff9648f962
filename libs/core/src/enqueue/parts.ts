import type { Clock } from '../kernel/clock.js';
import type { IdSource } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import type { EnqueueMiddleware } from '../middleware/types.js';
import type { Observers } from '../observe/observers.js';
import type { Settings } from '../options/settings.js';
import type { PayloadCodec } from '../payload/codec.js';
import type { Broker } from '../ports/broker.js';
import type { JobRecords } from '../ports/job-records.js';
import type { JobUnique } from '../ports/job-unique.js';
import type { JobLookup } from './job-ref.js';

/** What the way of a job out is made of. */
export interface SubmitParts {
  readonly settings: Settings;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly codec: PayloadCodec;
  readonly observers: Observers;
  readonly logger: Logger;
  readonly middleware: readonly EnqueueMiddleware[];
  /** Undefined: nothing remembers jobs. */
  readonly records: JobRecords | undefined;
  /** Undefined: nothing keeps unique keys. */
  readonly unique: JobUnique | undefined;
  /** What refs ask about their jobs. */
  readonly lookup: JobLookup;
}
