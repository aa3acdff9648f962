import type {
  HeldTicket,
  LimitAnswer,
  LimitRequest,
  LimitResource,
  RoomListener,
  SlotRule,
  TicketEnd,
} from './store-limits.js';

/** What the pipeline sees of a store's limits: single calls, bounded in time and memory. */
export interface JobLimits {
  /**
   * An answer that comes too late takes nothing.
   * @throws WarrenError WARREN_STORE_UNAVAILABLE.
   */
  take(request: LimitRequest): Promise<LimitAnswer>;
  /** Whether the store was told. Never rejects: what it is not told is free when the lease is over. */
  release(end: TicketEnd): Promise<boolean>;
  /** `held` is asked when the call goes out, so that nothing is renewed that was released. Never rejects. */
  renew(held: () => readonly HeldTicket[], leaseMs: number): Promise<void>;
  /** @throws WarrenError WARREN_STORE_UNAVAILABLE. */
  postpone(rule: SlotRule): Promise<number>;
  /** Never rejects: with the store out of reach nothing is held. */
  holdRates(rates: readonly LimitResource[], forMs: number): Promise<void>;
  /** @throws WarrenError WARREN_STORE_UNAVAILABLE. */
  listen(process: string, onRoom: RoomListener): Promise<() => void>;
}
