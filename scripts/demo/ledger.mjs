import { open } from 'node:fs/promises';

/**
 * Reads the ledgers that the apps write (a line of JSON for each moment) while they grow, and keeps count by job. It
 * knows nothing of what was expected.
 */
export class Ledger {
  /** job id -> { type, enqueuedAt, completedAt, starts, completions, retries, failure, isCancelled, hasLeft } */
  jobs = new Map();
  /** Processes that take jobs. */
  workersStarted = 0;
  workersDrained = 0;
  moments = 0;
  #files;
  #oddities = [];
  #reading = Promise.resolve();

  constructor(paths) {
    this.#files = paths.map((path) => ({ path, offset: 0 }));
  }

  /** Takes in all that is new. One call at a time: two would take the same lines twice. */
  read() {
    const next = this.#reading.then(async () => {
      for (const file of this.#files) {
        for (const line of await newLines(file)) this.#take(JSON.parse(line));
      }
    });
    this.#reading = next.catch(() => {});
    return next;
  }

  /** Completed, failed, or cancelled and its message has left. */
  isOver(jobId) {
    const job = this.jobs.get(jobId);
    if (job === undefined) return false;
    return job.completions > 0 || job.failure !== undefined || (job.isCancelled && job.hasLeft);
  }

  /** Moments that no calm run has, e.g. `lost` and `settleFailed`. */
  get oddities() {
    const left = [...this.jobs].filter(([, { hasLeft, isCancelled }]) => hasLeft && !isCancelled);
    return [...this.#oddities, ...left.map(([id, { type }]) => `duplicate ${type} ${id}`)];
  }

  #take(moment) {
    this.moments += 1;
    switch (moment.kind) {
      case 'workerStarted':
        this.workersStarted += 1;
        return;
      case 'workerDrained':
        this.workersDrained += 1;
        return;
      case 'enqueued':
        this.#job(moment).enqueuedAt = moment.at;
        return;
      case 'retryScheduled':
        this.#job(moment).retries += 1;
        return;
      case 'completed': {
        const job = this.#job(moment);
        job.completions += 1;
        job.completedAt ??= moment.at;
        return;
      }
      case 'failed':
        this.#job(moment).failure = { reason: moment.reason, message: moment.error.message };
        return;
      case 'cancelled':
        this.#job(moment).isCancelled = true;
        return;
      case 'duplicate':
        this.#job(moment).hasLeft = true;
        return;
      case 'started':
        this.#job(moment).starts += 1;
        return;
      case 'progressed':
      case 'workerDraining':
        return;
      default:
        this.#oddities.push(`${moment.kind} ${moment.type ?? ''} ${moment.jobId ?? ''}`.trim());
    }
  }

  #job({ jobId, type }) {
    let job = this.jobs.get(jobId);
    if (!job) {
      job = { type, starts: 0, completions: 0, retries: 0, isCancelled: false, hasLeft: false };
      this.jobs.set(jobId, job);
    }
    return job;
  }
}

/** Whole lines behind the offset, which moves on; one that is being written waits for the next call. */
async function newLines(file) {
  let handle;
  try {
    handle = await open(file.path);
  } catch (error) {
    // The app that writes it has not begun.
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(size - file.offset);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, file.offset);
    const end = bytes.subarray(0, bytesRead).lastIndexOf('\n') + 1;
    file.offset += end;
    return bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  } finally {
    await handle.close();
  }
}
