import type { JobRecord } from '../../ports/job-record.js';
import type { PagePosition } from '../../ports/page-cursor.js';

interface Slot extends PagePosition {
  isGone: boolean;
}

/** The least number of removed slots that is worth a new array. */
const WORTH_COMPACTING = 256;

/**
 * Ids by creation, and by id where that is equal. A sorted array: jobs come nearly in order, so that adding is mostly
 * appending; removing leaves a gap, and gaps go when they are half of it.
 */
export class CreationOrder {
  private slots: Slot[] = [];
  private gone = 0;

  add({ createdAt, id }: PagePosition): void {
    const index = this.indexOf({ createdAt, id });
    const there = this.slots[index];
    if (there && compare(there, { createdAt, id }) === 0) {
      if (there.isGone) this.gone -= 1;
      there.isGone = false;
      return;
    }
    this.slots.splice(index, 0, { createdAt, id, isGone: false });
  }

  remove({ createdAt, id }: Pick<JobRecord, 'createdAt' | 'id'>): void {
    const slot = this.slots[this.indexOf({ createdAt, id })];
    if (!slot || slot.id !== id || slot.isGone) return;
    slot.isGone = true;
    this.gone += 1;
    if (this.gone < WORTH_COMPACTING || this.gone * 2 < this.slots.length) return;
    this.slots = this.slots.filter(({ isGone }) => !isGone);
    this.gone = 0;
  }

  /** The newest first, from the one after `position` on. Nothing may be added or removed while it is walked through. */
  *newestBefore(position: PagePosition | undefined): Generator<PagePosition> {
    const from = position ? this.indexOf(position) : this.slots.length;
    for (let index = from - 1; index >= 0; index -= 1) {
      const slot = this.slots[index]!;
      if (!slot.isGone) yield slot;
    }
  }

  /** Of the first slot that is not before the position. Asks from the end on in growing steps: most are new. */
  private indexOf(position: PagePosition): number {
    let low = 0;
    let high = this.slots.length;
    for (let step = 1; high > 0 && low < high; step *= 2) {
      const probe = Math.max(0, this.slots.length - step);
      if (compare(this.slots[probe]!, position) < 0) {
        low = probe + 1;
        break;
      }
      high = probe;
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.slots[middle]!, position) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Ids by their bytes, as other stores sort them. */
function compare(a: PagePosition, b: PagePosition): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  if (a.id === b.id) return 0;
  // UTF-16 and UTF-8 sort alike but for characters outside of the first plane, which no usual id has.
  if (!SURROGATE.test(a.id) && !SURROGATE.test(b.id)) return a.id < b.id ? -1 : 1;
  return Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
}

const SURROGATE = /[\uD800-\uDFFF]/;
