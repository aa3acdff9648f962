import {
  JOB_STATES,
  readCursor,
  writeCursor,
  type JobPage,
  type JobQuery,
  type JobRecord,
  type JobState,
  type ReadStore,
} from 'nestjs-warren/ports';
import type { EndNotices } from '../events.js';
import type { Keys } from '../keys.js';
import type { Link } from '../link.js';
import { RECORD_FIELDS, recordOf, wellFormed } from '../record-fields.js';
import type { ScriptRunner } from '../script-runner.js';
import * as scripts from '../scripts/index.js';

/** Jobs that one page looks at, at most: about a millisecond of Redis's time. */
const LOOKED_AT = 500;
/** A page holds whole jobs with their payloads, so it is no way to read everything at once. */
const LARGEST_PAGE = 500;

export class RedisReads implements ReadStore {
  constructor(
    private readonly link: Link,
    private readonly runner: ScriptRunner,
    private readonly keys: Keys,
    private readonly notices: EndNotices,
  ) {}

  async get(ids: readonly string[]): Promise<Array<JobRecord | undefined>> {
    if (ids.length === 0) return [];
    const answers = await this.link.send(ids.map((id) => ['HMGET', this.keys.job(id), ...RECORD_FIELDS]));
    return ids.map((id, index) => recordOf(id, answers[index]));
  }

  async find(
    query: JobQuery,
    { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<JobPage> {
    const last = cursor === undefined ? undefined : readCursor(cursor);
    const states = query.states ?? JOB_STATES;
    if (states.length === 0) return { jobs: [], next: undefined };
    const [lastCreated, lastId, ...found] = (await this.runner.runOne(scripts.find, {
      key: this.keys.types,
      args: [
        '',
        queryText(query, states),
        Math.max(1, Math.min(limit, LARGEST_PAGE)),
        LOOKED_AT,
        last?.createdAt,
        last?.id,
        ...RECORD_FIELDS,
      ],
    })) as [string, string, ...unknown[]];
    const jobs: JobRecord[] = [];
    for (let index = 0; index < found.length; index += 2) {
      const job = recordOf(found[index] as string, found[index + 1]);
      if (job) jobs.push(job);
    }
    const next = lastCreated === '' ? undefined : writeCursor({ createdAt: Number(lastCreated), id: lastId });
    return { jobs, next };
  }

  async counts(): Promise<
    Array<{ readonly queue: string; readonly state: JobState; readonly count: number }>
  > {
    const flat = (await this.runner.runOne(scripts.counts, {
      key: this.keys.types,
      args: ['', ...JOB_STATES],
    })) as unknown[];
    const counts: Array<{ queue: string; state: JobState; count: number }> = [];
    for (let index = 0; index < flat.length; index += 3) {
      const [queue, state, count] = flat.slice(index, index + 3);
      counts.push({ queue: queue as string, state: state as JobState, count: Number(count) });
    }
    return counts;
  }

  watch(id: string, onEnd: () => void): Promise<() => void> {
    return this.notices.watch(id, onEnd);
  }
}

function queryText(query: JobQuery, states: readonly JobState[]): string {
  const { queue, type, tag, reason, createdAfter, createdBefore } = query;
  return JSON.stringify({
    states: [...new Set(states)],
    queue: queue === undefined ? undefined : wellFormed(queue),
    type: type === undefined ? undefined : wellFormed(type),
    tag: tag === undefined ? undefined : wellFormed(tag),
    reason,
    // As text: Lua would write large numbers with an exponent. The newest come first, so `before` is where to begin.
    after: createdAfter === undefined ? undefined : String(createdAfter),
    before: createdBefore === undefined ? undefined : String(createdBefore),
  });
}
