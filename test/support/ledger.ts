/** The ledger of test/faults/soak for specs: what handlers of other processes wrote, compared with what was enqueued. */

export interface LedgerRun {
  readonly job: number;
  readonly attempt: number;
  readonly pid: number;
  readonly startedAt: number;
  /** Undefined: the process died first. */
  readonly endedAt: number | undefined;
  readonly isFinished: boolean;
}

export interface LedgerReader {
  /** Job -> how often. */
  readonly started: ReadonlyMap<number, number>;
  readonly finished: ReadonlyMap<number, number>;
  /** Takes in what was written since the last call. A cut last line is left until its end comes. */
  read(): LedgerReader;
  runsOf(isChosen: (job: number) => boolean): ReadonlyMap<number, readonly LedgerRun[]>;
}

export interface LedgerWriter {
  /** Resolves when the line is on the disk. */
  write(event: 'started' | 'finished' | 'failed', job: number, attempt: number): Promise<void>;
  note(event: 'started' | 'finished' | 'failed', job: number, attempt: number): void;
}

export interface Comparison {
  readonly enqueued: number;
  readonly completed: number;
  /** Ends beyond the first. */
  readonly duplicates: number;
  readonly dead: number;
  readonly lost: number;
  readonly lostJobs: readonly number[];
  readonly duplicatedJobs: readonly number[];
}

export interface Fault {
  readonly pid: number | 'producer';
  readonly from: number;
  readonly to: number;
}

interface LedgerModule {
  readonly LedgerReader: new (folder: string) => LedgerReader;
  readonly LedgerWriter: new (path: string) => LedgerWriter;
  compare(facts: {
    readonly accepted: Iterable<number>;
    readonly finished: ReadonlyMap<number, number>;
    readonly dead: ReadonlySet<number> | ReadonlyMap<number, unknown>;
  }): Comparison;
  unexplained(facts: {
    readonly jobs: readonly number[];
    readonly reader: LedgerReader;
    readonly faults: readonly Fault[];
    readonly sent?: (job: number) => { readonly from: number; readonly to: number } | undefined;
  }): number[];
}

// The processes that write it are not compiled, and neither is their ledger.
const modulePath = '../faults/soak/ledger.mjs';
export const { LedgerReader, LedgerWriter, compare, unexplained } = (await import(
  modulePath
)) as LedgerModule;
