import type { JobLimits } from '../../ports/job-limits.js';
import type {
  HeldTicket,
  LimitAnswer,
  LimitRequest,
  LimitResource,
  LimitStore,
  RoomListener,
  SlotRule,
  TicketEnd,
} from '../../ports/store-limits.js';
import { Lane, type LaneParts } from './lane.js';
import type { PortAnswer } from './port-call.js';

export interface BoundedLimitsParts extends Omit<LaneParts<never, never>, 'operation' | 'send' | 'bytesOf'> {
  readonly store: LimitStore;
}

interface Asked {
  readonly request: LimitRequest;
  isGivenUp: boolean;
}

/** The pipeline's way to limits, within the bounds of `BatchedRecords`, which shares its view of the store. */
export class BoundedLimits implements JobLimits {
  private readonly takes: Lane<Asked, LimitAnswer>;
  private readonly releases: Lane<TicketEnd, undefined>;
  /** All else: rare, and one by one. */
  private readonly others: Lane<() => Promise<unknown>, unknown>;
  private readonly store: LimitStore;

  constructor({ store, ...parts }: BoundedLimitsParts) {
    this.store = store;
    const bytesOf = () => 0;
    const shared = { ...parts, operation: 'limits' } as const;
    this.takes = new Lane({ ...shared, send: (asked) => this.takeAll(asked), bytesOf });
    this.releases = new Lane({
      ...shared,
      send: async (ends) => {
        await store.release(ends);
        return ends.map(() => undefined);
      },
      bytesOf,
    });
    this.others = new Lane({ ...shared, send: (calls) => Promise.all(calls.map((call) => call())), bytesOf });
  }

  async take(request: LimitRequest): Promise<LimitAnswer> {
    const asked: Asked = { request, isGivenUp: false };
    const answer = await this.takes.call(asked);
    if (answer.kind !== 'answered') asked.isGivenUp = true;
    return valueOf(answer);
  }

  async release(end: TicketEnd): Promise<boolean> {
    const { kind } = await this.releases.call(end);
    return kind === 'answered';
  }

  async renew(held: () => readonly HeldTicket[], leaseMs: number): Promise<void> {
    await this.others.call(() => this.store.renew(held(), leaseMs));
  }

  async postpone(rule: SlotRule): Promise<number> {
    return valueOf(await this.others.call(() => this.store.postpone(rule))) as number;
  }

  async holdRates(rates: readonly LimitResource[], forMs: number): Promise<void> {
    await this.others.call(() => this.store.holdRates(rates, forMs));
  }

  async listen(process: string, onRoom: RoomListener): Promise<() => void> {
    return valueOf(await this.others.call(() => this.store.listen(process, onRoom))) as () => void;
  }

  private async takeAll(asked: readonly Asked[]): Promise<LimitAnswer[]> {
    const answers = await this.store.take(asked.map(({ request }) => request));
    for (const [index, { request, isGivenUp }] of asked.entries()) {
      // Nobody knows of these slots, so nobody would free them.
      if (isGivenUp && answers[index]?.kind === 'in') void this.release(endOf(request));
    }
    return answers;
  }
}

function endOf({ ticket, rules }: LimitRequest): TicketEnd {
  return { ticket, slots: rules.filter((rule) => rule.kind === 'slots'), heldMs: 0 };
}

function valueOf<T>(answer: PortAnswer<T>): T {
  if (answer.kind === 'answered') return answer.value;
  throw answer.error;
}
