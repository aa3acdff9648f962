/** One member's place in a chain. */
export interface Link<T> {
  readonly value: T;
}

interface Place<T> extends Link<T> {
  previous: Place<T> | undefined;
  next: Place<T> | undefined;
}

/**
 * Members in the order of their coming, for those that come and go with every job.
 *
 * A Set or Map would do, but for V8's collector: with its deletions a Set outgrows one table after the other, and each
 * refers to the next. Once one of them is in the old space, all that follow are kept until the next full collection, with
 * all that they held: the scavenger copies every job twice. Measured with a worker of no-op jobs (Node 20): a fifth of
 * its CPU time. Hence a list whose links are cut when a member leaves.
 */
export class Chain<T> implements Iterable<T> {
  private first: Place<T> | undefined;
  private last: Place<T> | undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The oldest. */
  get head(): Link<T> | undefined {
    return this.first;
  }

  add(value: T): Link<T> {
    const place: Place<T> = { value, previous: this.last, next: undefined };
    if (this.last) this.last.next = place;
    else this.first = place;
    this.last = place;
    this.count += 1;
    return place;
  }

  /** False: it left before. */
  remove(link: Link<T>): boolean {
    const place = link as Place<T>;
    const { previous, next } = place;
    if (!previous && !next && this.first !== place) return false;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.last = previous;
    place.previous = undefined;
    place.next = undefined;
    this.count -= 1;
    return true;
  }

  /** Members may leave meanwhile: those that were here at the begin are told. */
  [Symbol.iterator](): Iterator<T> {
    const values: T[] = [];
    for (let place = this.first; place; place = place.next) values.push(place.value);
    return values[Symbol.iterator]();
  }
}
