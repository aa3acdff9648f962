import { createHash } from 'node:crypto';
import type { FailureReason } from '../job/envelope.js';
import type { DeadLetter } from './dead-letter.js';

/** Dead letters that failed alike, so that a thousand of them are one line to read. */
export interface DeadLetterGroup {
  /** The same for the same type, reason and error, whatever the queue and the process: eight characters. */
  readonly key: string;
  readonly queue: string;
  readonly type: string | undefined;
  readonly reason: FailureReason;
  /** Without what differs from job to job: numbers, ids, quoted text. */
  readonly error: string;
  readonly count: number;
  /** Undefined: of none it is known. */
  readonly firstAt: Date | undefined;
  readonly lastAt: Date | undefined;
  /** Of the oldest that has an id. */
  readonly exampleId: string | undefined;
}

const MOST_CHARACTERS = 200;

/** An error's first line without what differs from job to job. */
export function errorPattern(error: string): string {
  const [line = ''] = error.slice(0, 1_000).split(/[\r\n]/, 1);
  return line
    .replace(/"[^"]*"/g, '"…"')
    .replace(/[\w.+-]+@[\w.-]+/g, '…')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '…')
    .replace(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, '…')
    .replace(/\d+(?:[.,]\d+)*/g, '#')
    .slice(0, MOST_CHARACTERS)
    .trim();
}

export function groupKey({ type, reason, error }: Pick<DeadLetter, 'type' | 'reason' | 'error'>): string {
  const text = JSON.stringify([type ?? null, reason, errorPattern(error)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** Takes letters one by one and keeps the groups alone. */
export class DeadLetterGrouping {
  private readonly byKey = new Map<string, DeadLetterGroup>();

  add(letter: DeadLetter): void {
    const key = groupKey(letter);
    const known = this.byKey.get(key);
    const { queue, type, reason, failedAt, id } = letter;
    this.byKey.set(key, {
      key,
      queue,
      type,
      reason,
      error: errorPattern(letter.error),
      count: (known?.count ?? 0) + 1,
      firstAt: earlier(known?.firstAt, failedAt),
      lastAt: later(known?.lastAt, failedAt),
      exampleId: known?.exampleId ?? id,
    });
  }

  /** The largest first. */
  get groups(): readonly DeadLetterGroup[] {
    return [...this.byKey.values()].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  }
}

function earlier(a: Date | undefined, b: Date | undefined): Date | undefined {
  return a && b ? (a <= b ? a : b) : (a ?? b);
}

function later(a: Date | undefined, b: Date | undefined): Date | undefined {
  return a && b ? (a >= b ? a : b) : (a ?? b);
}
