import { parseDuration, toMilliseconds } from './duration.js';

/** When to come again: a delay, an instant, or the text of an HTTP header `Retry-After` (RFC 9110, 10.2.3). */
export type RetryAfter = number | string | Date | null | undefined;

export type ComeAgain = { readonly inMs: number } | { readonly at: number };

/** What a target says that says nothing one can read. */
export const DEFAULT_RETRY_AFTER_MS = 30_000;
/** What others say is not taken for longer than this. */
export const LONGEST_RETRY_AFTER_MS = 86_400_000;

/**
 * Text comes from others: what cannot be read counts as 30 s, and nothing as longer than a day. Numbers are milliseconds,
 * as everywhere; digits in text are seconds, as in the header.
 * @throws ConfigurationError when a number is no duration, or a Date invalid.
 */
export function comeAgain(said: RetryAfter, place: string): ComeAgain {
  if (said === undefined || said === null) return { inMs: DEFAULT_RETRY_AFTER_MS };
  if (said instanceof Date) {
    const at = said.getTime();
    return Number.isNaN(at) ? { inMs: parseDuration(at, place) } : { at };
  }
  if (typeof said !== 'string') return { inMs: parseDuration(said, place) };
  const text = said.trim();
  if (/^\d+$/.test(text)) return { inMs: Math.min(Number(text) * 1_000, LONGEST_RETRY_AFTER_MS) };
  const duration = toMilliseconds(text);
  if (duration !== undefined) return { inMs: duration };
  const at = Date.parse(text);
  return Number.isNaN(at) ? { inMs: DEFAULT_RETRY_AFTER_MS } : { at };
}

/** Milliseconds from `now`; of an instant never longer than a day. */
export function delayUntil(when: ComeAgain, now: number): number {
  return 'inMs' in when ? when.inMs : Math.min(Math.max(0, when.at - now), LONGEST_RETRY_AFTER_MS);
}
