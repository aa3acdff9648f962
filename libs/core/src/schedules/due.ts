import type { Body } from './definition.js';
import type { Occurrences } from './occurrences.js';

/** An occurrence that is later than this was missed, whoever was there. */
export const LATE_MS = 60_000;
/** Missed occurrences that are made up for at once, and late ones. */
export const MOST_AT_ONCE = 1_000;

export interface Due {
  /** Occurrences to be made, the oldest first. */
  readonly make: readonly number[];
  /** All up to here are dealt with once those are made; undefined: none is due. */
  readonly upTo: number | undefined;
  /** More were missed than are made up for. */
  readonly isCut: boolean;
}

const NOTHING: Due = { make: [], upTo: undefined, isCut: false };

/**
 * What is to be done about the occurrences after `lastAt` that are due. Those before `since`, when nobody was there, and
 * those that are more than a minute late were missed: of them `missed` says what becomes. Each of the others is made.
 */
export function dueOf(
  occurrences: Occurrences,
  { lastAt, since, now }: { readonly lastAt: number; readonly since: number; readonly now: number },
  missed: Body['missed'],
): Due {
  const first = occurrences.after(lastAt);
  if (first === undefined || first > now) return NOTHING;
  if (missed === 'all') return each(occurrences, first, now);
  const boundary = Math.max(since, now - LATE_MS);
  if (first >= boundary) return each(occurrences, first, now);
  const newest = newestBefore(occurrences, first, boundary);
  const isMade = missed === 'once' || now - newest <= LATE_MS;
  const next = occurrences.after(newest);
  const rest = next === undefined || next > now ? NOTHING : each(occurrences, next, now);
  return {
    make: isMade ? [newest, ...rest.make] : rest.make,
    upTo: rest.upTo ?? newest,
    isCut: rest.isCut,
  };
}

function each(occurrences: Occurrences, first: number, now: number): Due {
  const make: number[] = [];
  for (let at: number | undefined = first; at !== undefined && at <= now; at = occurrences.after(at)) {
    if (make.length === MOST_AT_ONCE) return { make, upTo: occurrences.newest(at - 1, now), isCut: true };
    make.push(at);
  }
  return { make, upTo: make.at(-1), isCut: false };
}

function newestBefore(occurrences: Occurrences, first: number, boundary: number): number {
  const second = occurrences.after(first);
  return second === undefined || second >= boundary ? first : occurrences.newest(first, boundary - 1);
}
