/** Something that gets its part of the turns. */
export interface Weighed {
  /** Its part, against the weights of the others. At least 1. */
  readonly weight: number;
  /** What it is owed, in turns of one unit of weight; 0 at first. Kept here, changed by `charge` alone. */
  credit: number;
}

/*
 * Smooth weighted round robin, as in nginx (ngx_http_upstream_round_robin.c, commit 52327e0 of 2012): at each turn all
 * that want one get their weight as credit, the richest has the turn, and pays the sum of the weights for it. With weights
 * 5, 1 and 1 the turns are a a b a c a a: shares are exact over each round of 7, and nobody's turns come in one heap.
 */

/** Whose turn it is among those that want one: the first of equals. Changes nothing. Undefined: nobody wants one. */
export function nextOf<One extends Weighed>(contenders: readonly One[]): One | undefined {
  let next: One | undefined;
  for (const one of contenders) {
    if (!next || one.credit + one.weight > next.credit + next.weight) next = one;
  }
  return next;
}

/** One of them had the turn. */
export function charge<One extends Weighed>(contenders: readonly One[], taker: One): void {
  let sum = 0;
  for (const one of contenders) {
    one.credit += one.weight;
    sum += one.weight;
  }
  taker.credit -= sum;
}

/** It wants no turn any more: what it is owed is forgotten, so that who was idle has no claim on a heap of turns. */
export function forgive(one: Weighed): void {
  if (one.credit > 0) one.credit = 0;
}
