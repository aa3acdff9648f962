import type { Clock } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import type { IdSource } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import type { Random } from '../kernel/random.js';
import type { Observers } from '../observe/observers.js';
import type { QueueDirectory } from '../options/settings.js';
import type { JobLimits } from '../ports/job-limits.js';
import { LimitGate, LimitTable, StoreOutage, WorkerLimits, type Places } from '../worker/limits/index.js';
import type { Routes } from '../worker/routes.js';

export interface LimitMakings {
  readonly routes: Routes;
  readonly settings: { readonly queues: QueueDirectory };
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: IdSource;
  readonly observers: Observers;
  readonly logger: Logger;
  readonly detached: Detached;
  readonly workerName: string;
  readonly placesOf: (queue: string) => Places;
}

/** Limits over all workers, wired; undefined: the job store knows of none. */
export function createLimits(limits: JobLimits | undefined, makings: LimitMakings): WorkerLimits | undefined {
  if (!limits) return undefined;
  const { routes, settings, clock, random, ids, observers, logger, detached, workerName, placesOf } = makings;
  const outage = new StoreOutage(clock, observers);
  // One process may hold several connections.
  const process = `${workerName}:${ids.token()}`;
  const gate = new LimitGate({ limits, clock, random, detached, outage, process });
  const table = new LimitTable(settings.queues, routes.all);
  return new WorkerLimits({ table, gate, limits, ids, logger, placesOf });
}
