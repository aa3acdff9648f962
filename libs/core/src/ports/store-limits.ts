/**
 * Limits over all processes: slots, which so many jobs hold at once, and rates. Each call is atomic over all processes
 * for each of its items. Time is the store's own: what the callers' clocks say does not matter.
 *
 * A rule holds for each of its keys apart; the empty key is that of a rule without keys. Names and keys are any text of
 * at most 255 bytes. What `configure` says of a rule takes the place of what the callers say of it, in all processes at once.
 *
 * Rates are GCRA, the generic cell rate algorithm of ATM (ITU-T I.371): a rule keeps one instant, the theoretical arrival
 * time, which each job moves on by `perMs / max`; `burst` jobs may come at once after a pause. It can promise the
 * instant of a start ahead, so nobody asks twice.
 */
export interface LimitStore {
  /**
   * May these jobs start? All rules of a job or none:
   *
   * - a slot of one of its rules is missing: `full`, and the process is told when one is free; those that have waited
   *   longest are told first. Its rates are not touched
   * - one of its rates lets it start later than in `holdMs`: `later`, with its turn in the line of that rule. A job that
   *   comes back at its turn goes before those that have none
   * - its rates let it start in less than that: the start is its own. `in`, with its slots; or, where it has slots and
   *   more than `SLOT_KEPT_MS` to wait, `paid` without them: it asks again then, with `isPaid`
   *
   * A ticket that holds its slots already keeps them, so a call may be repeated.
   */
  take(requests: readonly LimitRequest[]): Promise<LimitAnswer[]>;

  /** Frees the slots of tickets, and tells as many waiting processes as slots are free. An empty ticket frees none. */
  release(ends: readonly TicketEnd[]): Promise<void>;

  /**
   * The tickets hold their slots for `leaseMs` from now. One that was lost is taken again, also above the limit: its job
   * runs.
   */
  renew(tickets: readonly HeldTicket[], leaseMs: number): Promise<void>;

  /**
   * When to ask again for a slot of a rule that has none, in milliseconds from now: those that ask for it get turns one
   * after the other, twice as fast as slots were freed of late: rather too early than a slot that nobody takes. From
   * `LEAST_TURN_MS` to `MOST_TURN_MS`. A slot that is freed and wanted by nobody begins the line anew.
   */
  postpone(rule: SlotRule): Promise<number>;

  /** Nothing starts by these rates for so long. A shorter time than one said before changes nothing. */
  holdRates(rates: readonly LimitResource[], forMs: number): Promise<void>;

  /** Says the limit of a rule for all processes from now on; undefined: each goes by its own again. Tells all. */
  configure(name: string, limit: LimitValue | undefined): Promise<void>;

  /** What `configure` said, by the name of the rule. */
  configured(): Promise<ReadonlyMap<string, LimitValue>>;

  /** Hears of free slots until the returned function is called. */
  listen(process: string, onRoom: RoomListener): Promise<() => void>;
}

/** A start that a rate delays by no more than this does not give its slots back meanwhile. */
export const SLOT_KEPT_MS = 250;
/** Furthest turn that a rate gives; who comes later is told to come again then, and has no turn. */
export const FURTHEST_TURN_MS = 3_600_000;
export const LEAST_TURN_MS = 1_000;
export const MOST_TURN_MS = 60_000;

/** The slots or the rate of one key of a rule. */
export interface LimitResource {
  /** Of the rule. */
  readonly name: string;
  readonly key: string;
}

export interface SlotLimit {
  readonly kind: 'slots';
  /** Jobs at once. */
  readonly limit: number;
}

export interface RateLimit {
  readonly kind: 'rate';
  /** Starts in `perMs`, evenly. */
  readonly max: number;
  readonly perMs: number;
  /** Starts at once after a pause; at least 1. */
  readonly burst: number;
}

export type LimitValue = SlotLimit | RateLimit;
export type SlotRule = LimitResource & SlotLimit;
export type RateRule = LimitResource & RateLimit;
export type LimitRule = SlotRule | RateRule;

export interface LimitRequest {
  /** One wait of one job; no other has it. */
  readonly ticket: string;
  /** Id of the job: its turn is kept under it. */
  readonly job: string;
  /** Who is told of free slots. */
  readonly process: string;
  /** For how long it has waited in its process: of those that wait, the first is told first. */
  readonly waitedMs: number;
  /** Longest that it may wait in its process for a rate. */
  readonly holdMs: number;
  /** Its slots are free after this time, unless renewed. */
  readonly leaseMs: number;
  /** Its rates let it start now: the answer was `paid` before. */
  readonly isPaid: boolean;
  readonly rules: readonly LimitRule[];
}

/** `rule` is the index of the one that decided. */
export type LimitAnswer =
  | { readonly kind: 'in'; readonly startInMs: number }
  | { readonly kind: 'paid'; readonly startInMs: number }
  | { readonly kind: 'full'; readonly rule: number }
  | { readonly kind: 'later'; readonly rule: number; readonly delayMs: number };

export interface HeldTicket {
  readonly ticket: string;
  readonly slots: readonly SlotRule[];
}

export interface TicketEnd extends HeldTicket {
  /** For how long it held them. */
  readonly heldMs: number;
}

/** What has room; without key: any of the rule; without name: nobody knows, as messages may have been missed. */
export interface Room {
  readonly name: string | undefined;
  readonly key: string | undefined;
}

export type RoomListener = (room: Room) => void;
