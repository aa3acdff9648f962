import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One run of a handler, as test/fixtures/limited-worker.mjs wrote it; times are the machine's, monotonic. */
export interface LedgerEntry {
  readonly job: number;
  readonly pid: number;
  readonly beganAt: bigint;
  /** Undefined: it runs, or its process died. */
  readonly endedAt: bigint | undefined;
}

/** What several processes wrote of their runs, each into a file of its own. */
export class RunLedger {
  readonly folder = mkdtempSync(join(tmpdir(), 'warren-runs-'));
  private readonly deaths = new Map<number, bigint>();

  /** The process is about to be killed: what it runs ends now. */
  dies(pid: number): void {
    this.deaths.set(pid, process.hrtime.bigint());
  }

  entries(): LedgerEntry[] {
    return readdirSync(this.folder).flatMap((file) => this.entriesOf(file));
  }

  /** Runs at this moment. */
  running(): LedgerEntry[] {
    return this.entries().filter(({ endedAt }) => endedAt === undefined);
  }

  /** For each begin, in order: when, and how many ran then, itself included. */
  crowds(): Array<{ readonly at: bigint; readonly count: number }> {
    const steps = this.entries().flatMap(({ beganAt, endedAt }) => [
      { at: beganAt, by: 1 },
      ...(endedAt === undefined ? [] : [{ at: endedAt, by: -1 }]),
    ]);
    steps.sort((a, b) => (a.at === b.at ? a.by - b.by : a.at < b.at ? -1 : 1));
    let count = 0;
    return steps.flatMap(({ at, by }) => {
      count += by;
      return by > 0 ? [{ at, count }] : [];
    });
  }

  /** The most at once after each begin between two instants. */
  most(from: bigint, to?: bigint): number {
    const isBetween = (at: bigint): boolean => at >= from && (to === undefined || at < to);
    const counts = this.crowds().flatMap(({ at, count }) => (isBetween(at) ? [count] : []));
    return Math.max(0, ...counts);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private entriesOf(file: string): LedgerEntry[] {
    const pid = Number.parseInt(file, 10);
    const open = new Map<number, bigint>();
    const entries: LedgerEntry[] = [];
    // The last line may be cut off by the reading.
    for (const line of readFileSync(join(this.folder, file), 'utf8').split('\n').slice(0, -1)) {
      const [at, what, number] = line.split(' ');
      const job = Number(number);
      if (what === 'begin') open.set(job, BigInt(at!));
      else {
        entries.push({ job, pid, beganAt: open.get(job)!, endedAt: BigInt(at!) });
        open.delete(job);
      }
    }
    const endedAt = this.deaths.get(pid);
    return [...entries, ...[...open].map(([job, beganAt]) => ({ job, pid, beganAt, endedAt }))];
  }
}
