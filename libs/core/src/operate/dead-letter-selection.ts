import { FAILURE_REASONS, type FailureReason } from '../job/envelope.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { isRecord } from '../options/describe.js';
import { groupKey } from './dead-letter-groups.js';
import type { DeadLetter } from './dead-letter.js';

/** Which dead letters are meant. Nothing said is never taken for all. */

/** A letter matches all that is said; one thing must be. */
export interface DeadLetterFilter {
  /** Exact, or a prefix that ends in a colon. */
  readonly type?: string;
  readonly reason?: FailureReason;
  /** Is part of the error's name and message, whatever its case. */
  readonly error?: string;
  /** `key` of a group. */
  readonly group?: string;
  /** At or after; what has no `failedAt` does not match. */
  readonly failedAfter?: Date;
  /** Before; what has no `failedAt` does not match. */
  readonly failedBefore?: Date;
}

/** By job id, by what they have in common, or all of them, said in so many words. */
export type DeadLetterSelection =
  { readonly ids: readonly string[] } | { readonly filter: DeadLetterFilter } | { readonly all: true };

/** Says of a letter whether it is meant; it is read only where that is needed. */
export type IsChosen = (id: string | undefined, read: () => DeadLetter) => boolean;

const MEMBERS = ['type', 'reason', 'error', 'group', 'failedAfter', 'failedBefore'] as const;

/** @throws ConfigurationError; `call` is what the selection was given to. */
export function chooser(selection: DeadLetterSelection | string, call: string): IsChosen {
  if (typeof selection === 'string') return (id) => id === selection;
  const said: Readonly<Record<string, unknown>> = isRecord(selection) ? selection : {};
  const { all, ids, filter } = said;
  const names = ['ids', 'filter', 'all'].filter((name) => said[name] !== undefined);
  if (names.length > 1) {
    throw new ConfigurationError([`${call}: ${names.join(' and ')} exclude each other. Give one of them.`]);
  }
  if (all === true) return () => true;
  if (filter !== undefined) return byFilter(filter, call);
  if (Array.isArray(ids) && ids.length > 0) {
    const chosen = new Set<unknown>(ids);
    return (id) => id !== undefined && chosen.has(id);
  }
  throw new ConfigurationError([
    `${call}: give { ids: ['…'] }, a { filter } that says something, or { all: true } if every dead letter is meant.`,
  ]);
}

function byFilter(filter: unknown, call: string): IsChosen {
  const problems = problemsOf(filter);
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `${call}: ${problem}`));
  const { type, reason, error, group, failedAfter, failedBefore } = filter as DeadLetterFilter;
  const part = error?.toLowerCase();
  return (_id, read) => {
    const letter = read();
    if (type !== undefined && !isOfType(letter.type, type)) return false;
    if (reason !== undefined && letter.reason !== reason) return false;
    if (part !== undefined && !letter.error.toLowerCase().includes(part)) return false;
    if (failedAfter && !(letter.failedAt && letter.failedAt >= failedAfter)) return false;
    if (failedBefore && !(letter.failedAt && letter.failedAt < failedBefore)) return false;
    return group === undefined || groupKey(letter) === group;
  };
}

function isOfType(type: string | undefined, wanted: string): boolean {
  return type === wanted || (wanted.endsWith(':') && type?.startsWith(wanted) === true);
}

function problemsOf(filter: unknown): string[] {
  if (!isRecord(filter)) return ['filter is no object.'];
  const said = Object.keys(filter).filter((name) => filter[name] !== undefined);
  if (said.length === 0) return ['the filter says nothing. Say { all: true } if every dead letter is meant.'];
  return said.flatMap((name) => {
    const value = filter[name];
    if (!MEMBERS.includes(name as never)) return [`filter.${name}: there is no such member.`];
    if (name === 'failedAfter' || name === 'failedBefore') {
      const isValid = value instanceof Date && !Number.isNaN(value.getTime());
      return isValid ? [] : [`filter.${name}: give a valid Date.`];
    }
    if (name === 'reason' && !FAILURE_REASONS.includes(value as FailureReason)) {
      return [`filter.reason: give one of ${FAILURE_REASONS.join(', ')}.`];
    }
    return typeof value === 'string' && value !== '' ? [] : [`filter.${name}: give a text.`];
  });
}
