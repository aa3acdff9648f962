import { isFinal, mayLead } from '../../job/states.js';
import { LINES_KEPT, type Cancellation, type JobRecord } from '../../ports/job-record.js';
import {
  LATE_MESSAGE_MS,
  type CancelAnswer,
  type Claim,
  type ClaimAnswer,
  type DiscardAnswer,
  type EnqueueFailure,
  type Ending,
  type FinishAnswer,
  type Keep,
  type NewJob,
  type RecordStore,
  type ReopenAnswer,
  type Reopening,
  type Report,
} from '../../ports/store-records.js';
import type { Answer } from './answer.js';
import { claimed } from './claiming.js';
import { answerFor, claimBefore, ended, isNewestRun } from './ending.js';
import type { Entries } from './entries.js';
import { enqueuedEntry, foundEntry, moved } from './entry.js';
import { GENERATIONS_AHEAD, reopened } from './opening.js';
import type { Watchers } from './watchers.js';

export class MemoryRecords implements RecordStore {
  constructor(
    private readonly entries: Entries,
    private readonly watchers: Watchers,
    private readonly answer: Answer,
  ) {}

  enqueued(jobs: readonly NewJob[]): Promise<void> {
    return this.answer(() => jobs.forEach((job) => this.enqueue(job)));
  }

  enqueueFailed(failures: readonly EnqueueFailure[]): Promise<void> {
    return this.answer(() => failures.forEach((failure) => this.failEnqueue(failure)));
  }

  claim(claims: readonly Claim[]): Promise<ClaimAnswer[]> {
    return this.answer(() => claims.map((claim) => this.claimOne(claim)));
  }

  finished(endings: readonly Ending[]): Promise<FinishAnswer[]> {
    return this.answer(() => endings.map((ending) => this.finish(ending)));
  }

  reported(reports: readonly Report[]): Promise<void> {
    return this.answer(() => reports.forEach((report) => this.report(report)));
  }

  cancel(id: string, cancellation: Cancellation, keep: Keep): Promise<CancelAnswer> {
    return this.answer(() => {
      const entry = this.entries.get(id);
      if (!entry) return { kind: 'unknown' };
      const { record } = entry;
      if (isFinal(record.state)) return { kind: 'final', state: record.state };
      if (record.state === 'active') {
        if (!entry.cancelKeep) {
          this.entries.put({ ...entry, record: { ...record, cancellation }, cancelKeep: keep });
        }
        return { kind: 'asked', worker: record.worker ?? '' };
      }
      const { at } = cancellation;
      const next = moved(record, { event: 'cancel', to: 'cancelled', at }, { cancellation, endedAt: at });
      // Its message may have an end of its own, such as a retry: that must not be settled again.
      const owner = entry.owner && { ...entry.owner, outcome: undefined };
      this.entries.end({ ...entry, record: next, owner }, keep);
      const answer = { kind: 'cancelled', cancellation: { ...cancellation } } as const;
      this.entries.tombstones.set(id, { answer, least: undefined }, lateMs(record, at) + keptMs(keep));
      return { kind: 'cancelled' };
    });
  }

  reopen(id: string, opening: Reopening): Promise<ReopenAnswer> {
    return this.answer(() => {
      const entry = this.entries.get(id);
      if (!entry) return { kind: 'unknown' };
      const { answer, entry: next } = reopened(entry, opening);
      if (next) {
        this.entries.put(next);
        const { generation } = next.record;
        const late = lateMs(entry.record, opening.at);
        const stone = { answer: { kind: 'duplicate', generation }, least: generation } as const;
        this.entries.tombstones.set(id, stone, late);
      }
      return answer;
    });
  }

  discard(id: string, tombstoneMs: number): Promise<DiscardAnswer> {
    return this.answer(() => {
      const entry = this.entries.get(id);
      if (!entry) return 'unknown';
      if (entry.record.state === 'active') return 'active';
      this.entries.remove(id);
      const least = entry.record.generation + GENERATIONS_AHEAD;
      this.entries.tombstones.set(id, { answer: { kind: 'discarded' }, least }, tombstoneMs);
      this.watchers.tell(id);
      return 'discarded';
    });
  }

  private enqueue(job: NewJob): void {
    const entry = this.entries.get(job.id);
    if (!entry || mayLead(entry.record.state, 'enqueue', job.dueAt === undefined ? 'queued' : 'scheduled')) {
      this.entries.remove(job.id);
      this.entries.tombstones.lift(job.id);
      this.entries.put(enqueuedEntry(job));
      return;
    }
    if (!entry.isPartial) return;
    const { dueAt, priority, uniqueKey, correlationId, parentId, rootId, payload, carried, tags } = job;
    const maxAttempts = entry.record.maxAttempts ?? job.maxAttempts;
    const told = {
      dueAt,
      priority,
      uniqueKey,
      correlationId,
      parentId,
      rootId,
      payload,
      carried,
      tags: [...tags],
      maxAttempts,
    };
    this.entries.amend({ ...entry, record: { ...entry.record, ...told }, isPartial: false });
  }

  private failEnqueue({ id, generation, at, error, keep }: EnqueueFailure): void {
    const entry = this.entries.get(id);
    if (!entry || entry.owner || entry.record.generation !== generation) return;
    const step = { event: 'enqueueFail', to: 'enqueue_failed', at } as const;
    if (!mayLead(entry.record.state, step.event, step.to)) return;
    this.entries.end({ ...entry, record: moved(entry.record, step, { error, endedAt: at }) }, keep);
  }

  private claimOne(claim: Claim): ClaimAnswer {
    const known = this.entries.get(claim.id);
    const stone = known ? undefined : this.entries.tombstones.of(claim.id, claim.generation);
    if (stone) return stone;
    const { answer, entry, keep } = claimed(known ?? foundEntry(claim), claim);
    if (entry && keep) this.entries.end(entry, keep);
    else if (entry) this.entries.put(entry);
    return answer;
  }

  private finish(ending: Ending): FinishAnswer {
    const { fence } = ending;
    const known = this.entries.get(fence.id);
    const isUnclaimed = known === undefined || fence.run === 0;
    if (isUnclaimed) {
      const isOpen = known?.record.state === 'active' && isNewestRun(known, { ...fence, run: known.run });
      const answer = isOpen ? ({ kind: 'run' } as const) : this.claimOne(claimBefore(ending));
      if (answer.kind === 'ended') return answerFor(this.entries.get(fence.id)!.record, ending);
      if (answer.kind === 'cancelled') return { kind: 'cancelled', cancellation: answer.cancellation };
      if (answer.kind !== 'run') return { kind: 'fenced' };
    }
    const entry = this.entries.get(fence.id)!;
    if (!isUnclaimed && !isNewestRun(entry, fence)) return { kind: 'fenced' };
    if (entry.record.state !== 'active') return answerFor(entry.record, ending);
    const end = ended(entry, ending);
    if (isFinal(end.entry.record.state)) this.entries.end(end.entry, end.keep);
    else this.entries.put(end.entry);
    return end.answer;
  }

  private report({ fence, progress, lines = [] }: Report): void {
    const entry = this.entries.get(fence.id);
    if (!entry || !isNewestRun(entry, fence)) return;
    const { record } = entry;
    const all = lines.length > 0 ? [...record.lines, ...lines].slice(-LINES_KEPT) : record.lines;
    this.entries.amend({
      ...entry,
      record: { ...record, lines: all, progress: progress ?? record.progress },
    });
  }
}

/** How long the message that the job waits for is expected, from the change on. */
function lateMs({ dueAt = 0 }: JobRecord, at: number): number {
  return LATE_MESSAGE_MS + Math.max(0, dueAt - at);
}

/** A tombstone outlives the record. */
function keptMs({ ms }: Keep): number {
  return Number.isFinite(ms) ? ms : 0;
}
