import type { Clock, LoopClock, Timer } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import { WARREN_VERSION } from '../kernel/version.js';
import { within } from '../kernel/within.js';
import { JOBS_REPORTED, type WorkerQueue, type WorkerReport } from '../observe/worker-report.js';
import type { RegistryStore } from '../ports/store-registry.js';
import type { Taking } from '../worker/worker.js';
import { LoopLag } from './loop-lag.js';

/** A worker that says nothing for so long is taken as gone. */
const TTL_MS = 15_000;

/** A worker that lives in the process of its store ends with it. */
const FOR_EVER_MS = 100 * 365 * 86_400_000;

const SAID_EVERY_MS = 5_000;

/** While something is held and still runs, somebody may wait for the end of that. */
const SAID_WHILE_ENDING_MS = 500;

const WITHDRAWN_WITHIN_MS = 1_000;

/** What it asks of the worker. */
export interface AnnouncedWorker {
  readonly isQuiet: boolean;
  readonly takings: readonly Taking[];
}

export interface AnnouncerParts {
  readonly id: string;
  /** `host:process id`. */
  readonly workerName: string;
  readonly registry: RegistryStore;
  readonly worker: AnnouncedWorker;
  readonly settingsVersion: () => number | undefined;
  readonly clock: Clock;
  readonly detached: Detached;
  /** False: the store knows this process alone, and whoever reads it asks for an announcement first. */
  readonly speaksByItself: boolean;
  /** Undefined: lag is not measured. */
  readonly loop: LoopClock | undefined;
}

/** Tells the store every 5 s that this worker is there, and how it does: silent -> announcing -> closed. */
export class Announcer {
  private readonly startedAt: number;
  private readonly lag: LoopLag | undefined;
  private next: Timer | undefined;
  private announcing: Promise<void> | undefined;
  private isAnotherDue = false;
  private isClosed = false;

  constructor(private readonly parts: AnnouncerParts) {
    this.startedAt = parts.clock.now();
    this.lag = parts.loop && new LoopLag(parts.loop);
  }

  /** Something has changed that others wait for. Never rejects. */
  announce(): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    if (this.announcing) {
      this.isAnotherDue = true;
      return this.announcing;
    }
    this.next?.cancel();
    this.announcing = this.parts.detached(() => this.announceUntilDone());
    return this.announcing;
  }

  /** Resolves when the store has forgotten this worker, or after a second. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.next?.cancel();
    this.lag?.close();
    const { registry, id, clock } = this.parts;
    await this.announcing;
    await within(registry.withdraw(id), WITHDRAWN_WITHIN_MS, clock).catch(() => undefined);
  }

  private async announceUntilDone(): Promise<void> {
    const { registry, clock, detached, id, speaksByItself } = this.parts;
    do {
      this.isAnotherDue = false;
      const report = this.report();
      const said = registry.announce(
        { id, text: JSON.stringify(report) },
        speaksByItself ? TTL_MS : FOR_EVER_MS,
      );
      // Without the store nobody sees this worker; the health of the store tells that.
      await within(said, SAID_EVERY_MS, clock).catch(() => undefined);
    } while (this.isAnotherDue && !this.isClosed);
    this.announcing = undefined;
    if (this.isClosed || !speaksByItself) return;
    const isEnding = this.parts.worker.takings.some(({ isHeld, busyCount }) => isHeld && busyCount > 0);
    const nextInMs = isEnding ? SAID_WHILE_ENDING_MS : SAID_EVERY_MS;
    this.next = detached(() => clock.setTimer(nextInMs, () => void this.announce()));
  }

  private report(): WorkerReport {
    const { id, workerName, worker, clock, settingsVersion } = this.parts;
    const { takings, isQuiet } = worker;
    const colon = workerName.lastIndexOf(':');
    const jobs = takings.flatMap(({ queue, attempts }) =>
      attempts.map(({ job: { jobId, type } }) => ({ id: jobId, type, queue })),
    );
    const { rss, heapUsed } = process.memoryUsage();
    return {
      id,
      process: workerName,
      host: workerName.slice(0, colon),
      pid: Number(workerName.slice(colon + 1)),
      version: WARREN_VERSION,
      startedAt: this.startedAt,
      at: clock.now(),
      isQuiet,
      settingsVersion: settingsVersion(),
      queues: takings.map(queueOf),
      running: jobs.length,
      jobs: jobs.slice(0, JOBS_REPORTED),
      eventLoopLagMs: this.lag?.take(),
      memory: { rssBytes: rss, heapUsedBytes: heapUsed },
    };
  }
}

function queueOf({ queue, concurrency, isHeld, busyCount, attempts }: Taking): WorkerQueue {
  const types: Record<string, number> = {};
  for (const { job } of attempts) types[job.type] = (types[job.type] ?? 0) + 1;
  return { queue, concurrency, isHeld, busy: busyCount, types };
}
