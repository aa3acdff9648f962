import type { JobState } from '../../job/states.js';
import type { JobRecord } from '../../ports/job-record.js';
import { readCursor, writeCursor, type PagePosition } from '../../ports/page-cursor.js';
import type { JobPage, JobQuery, ReadStore } from '../../ports/store-reads.js';
import type { Answer } from './answer.js';
import type { Entries } from './entries.js';
import { copyOf } from './entry.js';
import { matches } from './matching.js';
import type { Watchers } from './watchers.js';

/** Jobs that one call looks at: the pages of a rare match come empty, with a cursor, rather than late. */
const LOOKED_AT_ONCE = 1_000;

export class MemoryReads implements ReadStore {
  constructor(
    private readonly entries: Entries,
    private readonly watchers: Watchers,
    private readonly answer: Answer,
  ) {}

  get(ids: readonly string[]): Promise<Array<JobRecord | undefined>> {
    return this.answer(() =>
      ids.map((id) => {
        const entry = this.entries.get(id);
        return entry && copyOf(entry.record);
      }),
    );
  }

  find(query: JobQuery, { limit, cursor }: Parameters<ReadStore['find']>[1]): Promise<JobPage> {
    return this.answer(() => {
      const after = cursor === undefined ? undefined : readCursor(cursor);
      const jobs: JobRecord[] = [];
      let looked = 0;
      let last: PagePosition | undefined;
      for (const position of this.entries.newestBefore(after, query.createdBefore)) {
        if (position.createdAt < (query.createdAfter ?? -Infinity)) break;
        if (last && (jobs.length >= limit || looked >= LOOKED_AT_ONCE)) {
          return { jobs, next: writeCursor(last) };
        }
        const record = this.entries.peek(position.id);
        if (record && matches(record, query)) jobs.push(copyOf(record));
        looked += 1;
        last = position;
      }
      return { jobs, next: undefined };
    });
  }

  counts(): Promise<
    ReadonlyArray<{ readonly queue: string; readonly state: JobState; readonly count: number }>
  > {
    return this.answer(() => this.entries.counts());
  }

  watch(id: string, onEnd: () => void): Promise<() => void> {
    return this.answer(() => this.watchers.add(id, onEnd));
  }
}
