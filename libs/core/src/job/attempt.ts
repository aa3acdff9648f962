import type { ErrorDescription } from '../kernel/errors/index.js';

/** The record of one failed attempt, and the history that travels with a job. */

export interface AttemptRecord {
  /** Counted from 1. */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Epoch milliseconds. */
  readonly endedAt: number;
  /** Which worker ran it: `host:process id`. */
  readonly worker: string;
  readonly error: ErrorDescription;
}

/**
 * The whole history must stay far below the 64 KiB that all headers of a message share (amqplib throws above). The
 * complete one lives in the job store.
 */
const HISTORY_BYTES = 16_000;
const HISTORY_RECORDS = 20;

/**
 * The history with `record` at its end, within the caps: stacks of older attempts go first, then attempts after
 * the first one, oldest first. The first stays if it can because it often names the cause, the last always because
 * it is the news.
 */
export function withAttempt(
  history: readonly AttemptRecord[],
  record: AttemptRecord,
): readonly AttemptRecord[] {
  const records = [...history, record];
  while (records.length > HISTORY_RECORDS) records.splice(1, 1);
  for (let index = 0; index < records.length - 1 && isTooLong(records); index += 1) {
    records[index] = withoutStack(records[index]!);
  }
  while (records.length > 2 && isTooLong(records)) records.splice(1, 1);
  if (records.length === 2 && isTooLong(records)) records.shift();
  return records;
}

function isTooLong(records: readonly AttemptRecord[]): boolean {
  return Buffer.byteLength(JSON.stringify(records)) > HISTORY_BYTES;
}

function withoutStack(record: AttemptRecord): AttemptRecord {
  const { stack: _stack, ...error } = record.error;
  return { ...record, error };
}
