import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LedgerReader, LedgerWriter, compare, unexplained } from '../support/ledger.js';

/** The verdict of the fault tests is only worth something if it notices what is wrong. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'warren-ledger-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (text: string, name = 'a'): void => appendFileSync(join(folder, `${name}.ledger`), text);

describe('a ledger', () => {
  it('holds each line once its write has resolved, those noted before it included', async () => {
    const writer = new LedgerWriter(join(folder, 'own.ledger'));
    writer.note('started', 1, 1);
    await Promise.all([writer.write('finished', 1, 1), writer.write('finished', 2, 1)]);
    const reader = new LedgerReader(folder).read();
    expect([...reader.started]).toEqual([[1, 1]]);
    expect([...reader.finished]).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('counts a cut last line when its end has come, and never before', () => {
    line('finished 1 1 7 1000\nfinished 12 1 7 10');
    const reader = new LedgerReader(folder).read();
    expect([...reader.finished.keys()]).toEqual([1]);
    line('00\n');
    line('finished 1 1 8 2000\n', 'b');
    reader.read();
    expect([...reader.finished]).toEqual([
      [1, 2],
      [12, 1],
    ]);
  });

  it('refuses a line that is none', () => {
    line('finished 1\n');
    expect(() => new LedgerReader(folder).read()).toThrow("'finished 1' is no line of a ledger");
  });
});

describe('the comparison', () => {
  it('counts each accepted job once, and what ended more often as duplicates', () => {
    const finished = new Map([
      [1, 1],
      [2, 3],
      [3, 1],
      [99, 1],
    ]);
    const result = compare({ accepted: [1, 2, 3, 4, 5], finished, dead: new Set([3, 4]) });
    expect(result).toEqual({
      enqueued: 5,
      completed: 3,
      duplicates: 3,
      dead: 1,
      lost: 1,
      lostJobs: [5],
      duplicatedJobs: [2, 3],
    });
  });
});

describe('the explanation of a duplicate', () => {
  const twice = (): void => {
    line('started 1 1 7 1000\nfinished 1 1 7 2000\n');
    line('started 1 1 8 9000\nfinished 1 1 8 9500\n', 'b');
  };
  const odd = (pid: number | 'producer', at: number): number[] =>
    unexplained({
      jobs: [1],
      reader: new LedgerReader(folder),
      faults: [{ pid, from: at, to: at }],
      sent: () => ({ from: 100, to: 500 }),
    });

  it('is a fault of the process that ran it, until it was settled for certain', () => {
    twice();
    expect(odd(7, 1_500)).toEqual([]);
    expect(odd(7, 2_500)).toEqual([]);
  });

  it('is a cut of the producer while the job was on its way', () => {
    twice();
    expect(odd('producer', 300)).toEqual([]);
    expect(odd('producer', 600)).toEqual([1]);
  });

  it.each([
    ['another process', 9, 1_500],
    ['a time long before the run', 7, -1_900],
    ['a time long after its end', 7, 8_000],
    ['the process that ran it last', 8, 9_200],
  ])('is no fault of %s', (_, pid, at) => {
    twice();
    expect(odd(pid, at)).toEqual([1]);
  });
});
