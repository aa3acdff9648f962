import type { JobRecord } from '../../ports/job-record.js';
import type { JobUnique, KeyAnswer, KeyHold } from '../../ports/job-unique.js';
import type { ReadStore, UniqueStore } from '../../ports/store-reads.js';
import type { RecordStore, ReopenAnswer, Reopening } from '../../ports/store-records.js';
import { Lane, type LaneParts } from './lane.js';
import type { PortAnswer } from './port-call.js';

type Shared = Omit<LaneParts<never, never>, 'operation' | 'send' | 'bytesOf'>;

export interface BoundedUniqueParts extends Shared {
  readonly unique: UniqueStore;
  readonly records: RecordStore;
  /** Undefined: nothing is known of holders. */
  readonly reads: ReadStore | undefined;
  /** Waits for a release that is on its way, and keeps it for later when the store is out of reach. */
  readonly untilReleased: (
    ask: (told: (answer: PortAnswer<undefined>) => void) => void,
    released: ReleasedKey,
  ) => Promise<void>;
}

export interface ReleasedKey {
  readonly key: string;
  readonly holder: string;
}

interface Asked {
  readonly hold: KeyHold;
  isGivenUp: boolean;
}

interface Reopen {
  readonly id: string;
  readonly opening: Reopening;
  readonly onLate: (answer: ReopenAnswer) => void;
  isGivenUp: boolean;
}

/** The pipeline's way to unique keys, within the bounds of `BatchedRecords`, which shares its view of the store. */
export class BoundedUnique implements JobUnique {
  private readonly reserves: Lane<Asked, KeyAnswer>;
  private readonly releases: Lane<ReleasedKey, undefined>;
  private readonly lookUps: Lane<string, JobRecord | undefined> | undefined;
  private readonly reopens: Lane<Reopen, ReopenAnswer>;
  private readonly unique: UniqueStore;

  constructor(private readonly parts: BoundedUniqueParts) {
    const { unique, reads } = parts;
    this.unique = unique;
    const shared = { ...parts, operation: 'unique' } as const;
    this.reserves = new Lane({
      ...shared,
      // Refused, it would make a second job; and its caller holds far more than this waits with.
      limits: { ...parts.limits, waiting: Infinity },
      send: (asked) => Promise.all(asked.map((one) => this.reserveOne(one))),
      bytesOf: () => 0,
    });
    this.releases = new Lane({
      ...shared,
      send: async (released) => {
        await Promise.all(released.map(({ key, holder }) => unique.release(key, holder)));
        return released.map(() => undefined);
      },
      bytesOf: () => 0,
    });
    this.reopens = new Lane({
      ...shared,
      send: (asked) => Promise.all(asked.map((one) => this.reopenOne(one))),
      bytesOf: () => 0,
    });
    this.lookUps = reads && new Lane({ ...shared, send: (ids) => recordsOf(ids, reads), bytesOf: () => 0 });
  }

  async reopen(
    id: string,
    opening: Reopening,
    onLate: (answer: ReopenAnswer) => void,
  ): Promise<ReopenAnswer> {
    const asked: Reopen = { id, opening, onLate, isGivenUp: false };
    const answer = await this.reopens.call(asked);
    if (answer.kind === 'answered') return answer.value;
    asked.isGivenUp = true;
    throw answer.error;
  }

  async reserve(hold: KeyHold): Promise<KeyAnswer> {
    const asked: Asked = { hold, isGivenUp: false };
    const answer = await this.reserves.call(asked);
    if (answer.kind === 'answered') return answer.value;
    asked.isGivenUp = true;
    throw answer.error;
  }

  release(key: string, holder: string): Promise<void> {
    const released = { key, holder };
    return this.parts.untilReleased((told) => this.releases.ask(released, told), released);
  }

  async holderOf(id: string): Promise<JobRecord | undefined> {
    const answer = await this.lookUps?.call(id);
    return answer?.kind === 'answered' ? answer.value : undefined;
  }

  private async reopenOne(asked: Reopen): Promise<ReopenAnswer> {
    const answer = await this.parts.records.reopen(asked.id, asked.opening);
    if (asked.isGivenUp) asked.onLate(answer);
    return answer;
  }

  private async reserveOne(asked: Asked): Promise<KeyAnswer> {
    const { key, holder, ttlMs } = asked.hold;
    const answer = await this.unique.reserve(key, holder, ttlMs);
    // Nobody knows of this hold, so nobody would end it.
    if (asked.isGivenUp && answer.isNew) void this.release(key, holder);
    return answer;
  }
}

/** Many ask for the holder of one key at the same time: its payload need not travel for each. */
async function recordsOf(ids: readonly string[], reads: ReadStore): Promise<Array<JobRecord | undefined>> {
  const distinct = [...new Set(ids)];
  const records = await reads.get(distinct);
  const byId = new Map(distinct.map((id, index) => [id, records[index]]));
  return ids.map((id) => byId.get(id));
}
