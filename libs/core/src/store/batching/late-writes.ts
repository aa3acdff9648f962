import type { Clock, Timer } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
import type { UniqueStore } from '../../ports/store-reads.js';
import type { EnqueueFailure, Ending, NewJob, RecordStore, Report } from '../../ports/store-records.js';
import type { Availability } from './availability.js';
import type { ReleasedKey } from './bounded-unique.js';
import { fitting, type BatchLimits } from './limits.js';
import { callPort } from './port-call.js';

/** A write that nobody waits for any more. */
export type LateWrite =
  | { readonly kind: 'enqueued'; readonly item: NewJob }
  | { readonly kind: 'enqueueFailed'; readonly item: EnqueueFailure }
  | { readonly kind: 'finished'; readonly item: Ending }
  | { readonly kind: 'reported'; readonly item: Report }
  | { readonly kind: 'released'; readonly item: ReleasedKey };

interface Kept {
  readonly write: LateWrite;
  readonly bytes: number;
}

export interface LateWritesParts {
  readonly records: RecordStore;
  /** Undefined: there are no keys to release. */
  readonly unique: UniqueStore | undefined;
  readonly clock: Clock;
  readonly limits: BatchLimits;
  readonly availability: Availability;
  readonly detached: Detached;
}

/**
 * Writes kept while the store is out of reach, told in their order when it is back: fences keep those harmless that
 * come too late. Bounded; what is too much is dropped and counted. While it holds something, it tries the store.
 *
 * No fence tells an enqueue from its failure, or one progress of a run from the next: those of a job of which it holds
 * something are to be kept here too, behind that (`holds`).
 */
export class LateWrites {
  private kept: Kept[] = [];
  private keptBytes = 0;
  /** How many are kept of each job. */
  private readonly keptOf = new Map<string, number>();
  private droppedCount = 0;
  private timer: Timer | undefined;
  private telling: Promise<void> | undefined;
  private isClosed = false;

  constructor(private readonly parts: LateWritesParts) {}

  get size(): number {
    return this.kept.length;
  }

  holds(id: string): boolean {
    return this.keptOf.has(id);
  }

  /** Writes that were lost, since the start. */
  get dropped(): number {
    return this.droppedCount;
  }

  keep(write: LateWrite, bytes: number): void {
    const { limits } = this.parts;
    if (this.isClosed || this.kept.length >= limits.late || this.keptBytes + bytes > limits.lateBytes) {
      this.drop(1);
      return;
    }
    this.kept.push({ write, bytes });
    this.keptBytes += bytes;
    const id = jobOf(write);
    this.keptOf.set(id, (this.keptOf.get(id) ?? 0) + 1);
    this.tryLater();
  }

  drop(count: number): void {
    this.droppedCount += count;
  }

  /** The store answers: now. Resolves when all is told, or the store is out of reach again. */
  tell(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    this.telling ??= this.tellAll().finally(() => {
      this.telling = undefined;
      if (this.kept.length > 0) this.tryLater();
    });
    return this.telling;
  }

  /** Drops what it holds, and what comes later. */
  close(): void {
    this.isClosed = true;
    this.timer?.cancel();
    this.timer = undefined;
    this.drop(this.kept.length);
    this.kept = [];
    this.keptBytes = 0;
    this.keptOf.clear();
  }

  private tryLater(): void {
    if (this.timer || this.telling) return;
    const { clock, availability, limits, detached } = this.parts;
    // A call of the pipeline may be trying just then: its answer tells this, and its failure is waited out here.
    const delayMs = Math.max(limits.firstPauseMs, availability.pauseLeftMs);
    this.timer = detached(() =>
      clock.setTimer(delayMs, () => {
        this.timer = undefined;
        if (availability.mayTry()) void this.tell();
        else this.tryLater();
      }),
    );
  }

  private async tellAll(): Promise<void> {
    const { limits } = this.parts;
    // After a refusal, as many are told one by one, so that those beside the bad one are not lost with it.
    let alone = 0;
    while (this.kept.length > 0) {
      const batch = this.nextBatch(alone > 0 ? 1 : limits.items);
      const sent = await callPort('late', () => send(this.parts, batch), this.parts);
      if (sent.kind === 'out') return;
      if (sent.kind === 'refused' && batch.length > 1) {
        alone = batch.length;
        continue;
      }
      alone = Math.max(0, alone - 1);
      if (sent.kind === 'refused') this.drop(1);
      for (const kept of this.kept.splice(0, batch.length)) this.forget(kept);
    }
  }

  private forget({ write, bytes }: Kept): void {
    this.keptBytes -= bytes;
    const id = jobOf(write);
    const left = (this.keptOf.get(id) ?? 0) - 1;
    if (left > 0) this.keptOf.set(id, left);
    else this.keptOf.delete(id);
  }

  /** The first of one kind, in their order. */
  private nextBatch(atMost: number): LateWrite[] {
    const { kind } = this.kept[0]!.write;
    const most = fitting(this.kept, atMost, this.parts.limits.callBytes);
    const end = this.kept.findIndex(({ write }, index) => write.kind !== kind || index >= most);
    return this.kept.slice(0, end < 0 ? this.kept.length : end).map(({ write }) => write);
  }
}

/** The holder of a key is a job. */
function jobOf(write: LateWrite): string {
  switch (write.kind) {
    case 'enqueued':
    case 'enqueueFailed':
      return write.item.id;
    case 'finished':
    case 'reported':
      return write.item.fence.id;
    case 'released':
      return write.item.holder;
  }
}

async function send({ records, unique }: LateWritesParts, writes: readonly LateWrite[]): Promise<void> {
  const itemsOf = <Kind extends LateWrite['kind']>(kind: Kind) =>
    writes
      .filter((write): write is Extract<LateWrite, { kind: Kind }> => write.kind === kind)
      .map(({ item }) => item as Extract<LateWrite, { kind: Kind }>['item']);
  switch (writes[0]!.kind) {
    case 'enqueued':
      return records.enqueued(itemsOf('enqueued'));
    case 'enqueueFailed':
      return records.enqueueFailed(itemsOf('enqueueFailed'));
    case 'finished':
      await records.finished(itemsOf('finished'));
      return;
    case 'reported':
      return records.reported(itemsOf('reported'));
    case 'released':
      if (!unique) return;
      await Promise.all(itemsOf('released').map(({ key, holder }) => unique.release(key, holder)));
  }
}
