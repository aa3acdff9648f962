/**
 * What handlers say of their runs, in append-only files that survive the death of their writers: one line an event,
 * `finished 12 1 4711 1790000000000` for job 12, attempt 1, process 4711 and the time. Each process has a file of its
 * own, so that only the last line of a file can be cut.
 */
import { closeSync, fdatasync, openSync, readSync, readdirSync, write } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';

const writeTo = promisify(write);
const syncTo = promisify(fdatasync);

const READ_BYTES = 1024 * 1024;

/** A jump of the process's clock does not move it. */
const now = () => Math.round(performance.timeOrigin + performance.now());

/** Lines of one moment share one fsync. */
export class LedgerWriter {
  #file;
  #lines = '';
  #waiting = [];
  #isWriting = false;

  constructor(path) {
    this.#file = openSync(path, 'a');
  }

  /** Resolves when the line, and every line before it, is on the disk. */
  write(event, job, attempt) {
    this.note(event, job, attempt);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  /** Goes to the disk with the next line that somebody waits for. */
  note(event, job, attempt) {
    this.#lines += `${event} ${job} ${attempt} ${process.pid} ${now()}\n`;
  }

  async #writeAll() {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const [lines, waiting] = [this.#lines, this.#waiting];
      [this.#lines, this.#waiting] = ['', []];
      try {
        let bytes = Buffer.from(lines);
        while (bytes.length > 0) bytes = bytes.subarray((await writeTo(this.#file, bytes)).bytesWritten);
        await syncTo(this.#file);
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error);
      }
    }
    this.#isWriting = false;
  }
}

/** Follows all ledgers of a folder. */
export class LedgerReader {
  /** Job -> how often it was started, and how often it finished. */
  started = new Map();
  finished = new Map();
  #folder;
  #tails = new Map();

  constructor(folder) {
    this.#folder = folder;
  }

  /** Takes in what was written since the last call. */
  read() {
    for (const name of ledgersIn(this.#folder)) {
      const tail = this.#tails.get(name) ?? new Tail(join(this.#folder, name));
      this.#tails.set(name, tail);
      tail.read(({ event, job }) => {
        const counts = event === 'started' ? this.started : event === 'finished' ? this.finished : undefined;
        counts?.set(job, (counts.get(job) ?? 0) + 1);
      });
    }
    return this;
  }

  /** Every run of the jobs chosen, oldest first. A run that did not get to its end has no `endedAt`. */
  runsOf(isChosen) {
    const runs = new Map();
    for (const name of ledgersIn(this.#folder)) {
      const open = new Map();
      new Tail(join(this.#folder, name)).read(({ event, job, attempt, pid, at }) => {
        if (!isChosen(job)) return;
        if (event === 'started') {
          const run = { job, attempt, pid, startedAt: at, endedAt: undefined, isFinished: false };
          // The process may run two copies of a job at once.
          open.set(job, [...(open.get(job) ?? []), run]);
          runs.set(job, [...(runs.get(job) ?? []), run]);
        } else {
          const run = open.get(job)?.shift();
          if (run) Object.assign(run, { endedAt: at, isFinished: event === 'finished' });
        }
      });
    }
    for (const list of runs.values()) list.sort((a, b) => a.startedAt - b.startedAt);
    return runs;
  }
}

/** One file, read as it grows. */
class Tail {
  #path;
  #offset = 0;
  #rest = '';

  constructor(path) {
    this.#path = path;
  }

  read(take) {
    const file = openSync(this.#path, 'r');
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    try {
      for (;;) {
        const bytes = readSync(file, buffer, 0, READ_BYTES, this.#offset);
        if (bytes === 0) return;
        this.#offset += bytes;
        const lines = (this.#rest + buffer.toString('latin1', 0, bytes)).split('\n');
        // Without its end a line is not there: its writer may be about to end it, or have died over it.
        this.#rest = lines.pop();
        for (const line of lines) take(parse(line, this.#path));
      }
    } finally {
      closeSync(file);
    }
  }
}

function parse(line, path) {
  const match = /^(started|finished|failed) (\d+) (\d+) (\d+) (\d+)$/.exec(line);
  if (!match) throw new Error(`${path}: '${line}' is no line of a ledger.`);
  const [, event, job, attempt, pid, at] = match;
  return { event, job: Number(job), attempt: Number(attempt), pid: Number(pid), at: Number(at) };
}

function ledgersIn(folder) {
  return readdirSync(folder).filter((name) => name.endsWith('.ledger'));
}

/**
 * Jobs whose enqueue resolved against what became of them. Each counts once, as completed, dead or lost; what it ended
 * more often than once counts as duplicates.
 */
export function compare({ accepted, finished, dead }) {
  const result = { enqueued: 0, completed: 0, duplicates: 0, dead: 0, lost: 0 };
  const duplicated = [];
  const lost = [];
  for (const job of accepted) {
    const completions = finished.get(job) ?? 0;
    const ends = completions + (dead.has(job) ? 1 : 0);
    result.enqueued += 1;
    if (completions > 0) result.completed += 1;
    else if (ends > 0) result.dead += 1;
    else lost.push(job);
    if (ends > 1) {
      result.duplicates += ends - 1;
      duplicated.push(job);
    }
  }
  result.lost = lost.length;
  return { ...result, lostJobs: lost, duplicatedJobs: duplicated };
}

/** How long after its handler's end a run may still be on its way to the broker: an ack, or the next attempt. */
const SETTLE_MS = 5_000;

/** How long a process may still start what had arrived before its connection was cut. */
const UNREAD_MS = 1_000;

/**
 * Those of the jobs that no fault explains. A fault explains a job that ran in the process it hit, from the start of
 * the run until it was settled for certain, and that ran again afterwards. A SIGTERM explains nothing. One that hit the producer explains a job
 * that was on its way to the broker.
 * @param faults `{ pid, from, to }`, `pid` being 'producer' for a cut of the producer's connection
 * @param sent job -> `{ from, to }`, the time in which it was enqueued
 */
export function unexplained({ jobs, reader, faults, sent = () => undefined }) {
  const chosen = new Set(jobs);
  const runs = reader.runsOf((job) => chosen.has(job));
  return jobs.filter((job) => {
    const ofJob = runs.get(job) ?? [];
    const lastStart = ofJob.at(-1)?.startedAt ?? Infinity;
    const sentIn = sent(job);
    return !faults.some(({ pid, from, to }) => {
      if (pid === 'producer') return sentIn && sentIn.from <= to && from <= sentIn.to;
      return ofJob.some(
        (run) =>
          run.pid === pid &&
          run.startedAt <= to + UNREAD_MS &&
          from <= (run.endedAt ?? Infinity) + SETTLE_MS &&
          from <= lastStart,
      );
    });
  });
}
