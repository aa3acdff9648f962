import { isRecord } from '../options/describe.js';

/** How a worker does, as it tells the job store and as operators read it there. */
export interface WorkerReport {
  /** Of this life of the process. */
  readonly id: string;
  /** `host:process id`, as in the attempts of jobs. */
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  /** Of Warren. */
  readonly version: string;
  readonly startedAt: number;
  /** When it said this. */
  readonly at: number;
  /** An operator made it take nothing new. */
  readonly isQuiet: boolean;
  /** Of the settings that it has applied; undefined: it knows of none. */
  readonly settingsVersion: number | undefined;
  readonly queues: readonly WorkerQueue[];
  /** Jobs that it runs, all queues together. */
  readonly running: number;
  /** The first of them, `JOBS_REPORTED` at most. */
  readonly jobs: readonly RunningJob[];
  /** How late its event loop was at most since it last said so, in milliseconds; undefined: not measured. */
  readonly eventLoopLagMs: number | undefined;
  readonly memory: { readonly rssBytes: number; readonly heapUsedBytes: number };
}

export interface WorkerQueue {
  readonly queue: string;
  readonly concurrency: number;
  /** It takes nothing from it: the queue is paused, or the worker is quiet. */
  readonly isHeld: boolean;
  /** Deliveries in hand: jobs that run, and those on their way to or from that. */
  readonly busy: number;
  /** Jobs that run, by type. */
  readonly types: Readonly<Record<string, number>>;
}

export interface RunningJob {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
}

export const JOBS_REPORTED = 100;

/** Undefined: of a later version, or not of a worker. */
export function readWorkerReport(text: string): WorkerReport | undefined {
  try {
    const report: unknown = JSON.parse(text);
    if (!isRecord(report) || typeof report['id'] !== 'string' || typeof report['process'] !== 'string')
      return undefined;
    const isWhole =
      Array.isArray(report['queues']) &&
      Array.isArray(report['jobs']) &&
      isRecord(report['memory']) &&
      typeof report['at'] === 'number' &&
      typeof report['startedAt'] === 'number';
    return isWhole ? (report as unknown as WorkerReport) : undefined;
  } catch {
    return undefined;
  }
}
