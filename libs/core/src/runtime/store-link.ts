import type { Clock } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import { describeError } from '../kernel/errors/index.js';
import type { Observers } from '../observe/observers.js';
import type { StoreChoice } from '../options/settings.js';
import type { JobStore, StoreStatus } from '../ports/job-store.js';
import { BatchedRecords } from '../store/batching/index.js';
import { MemoryJobStore } from '../store/memory/index.js';

export interface StoreLinkParts {
  /** A store in memory knows its own thread alone: a worker thread goes without. */
  readonly isInThread: boolean;
  readonly clock: Clock;
  readonly detached: Detached;
  readonly observers: Observers;
}

/** How the job store does, as one connection sees it. */
export interface StoreHealth {
  /** `down`: its calls fail, and jobs go on without it. */
  readonly state: StoreStatus['state'];
  /** One line for humans, without credentials. */
  readonly text: string;
  /** Since when it is down; undefined: it is not. */
  readonly downSince: Date | undefined;
  /** Writes kept in this process until it is back. */
  readonly late: number;
  /** Writes lost since the start: too many were kept, or the store refused them. */
  readonly dropped: number;
}

/** The job store of a connection and the bounded way to it: created -> started -> closed. Empty where there is none. */
export class StoreLink {
  readonly store: JobStore | undefined;
  readonly records: BatchedRecords | undefined;
  private readonly clock: Clock;
  private readonly detached: Detached;
  private starting: Promise<void> | undefined;

  constructor(choice: StoreChoice, { isInThread, clock, detached, observers }: StoreLinkParts) {
    this.clock = clock;
    this.detached = detached;
    const store = storeOf(choice, clock, detached);
    if (!store || (isInThread && store.kind === 'memory')) return;
    this.store = store;
    this.records = new BatchedRecords({
      records: store.records,
      unique: store.unique,
      reads: store.reads,
      clock,
      detached,
      listener: {
        onUp: () => {
          const { late, dropped } = this.records!.status();
          observers.tell({ kind: 'storeUp', at: this.clock.now(), late, dropped });
        },
        onDown: (cause) =>
          observers.tell({ kind: 'storeDown', at: this.clock.now(), error: describeError(cause) }),
      },
    });
  }

  /** Once; further calls give the same promise. With the store away it resolves, and the store goes on trying. */
  start(): Promise<void> {
    const { store } = this;
    if (!store) return Promise.resolve();
    this.starting ??= this.detached(() => store.start());
    return this.starting;
  }

  /** Undefined: there is no store. */
  health(): StoreHealth | undefined {
    const { store, records } = this;
    if (!store || !records) return undefined;
    const { state, text } = store.status();
    const batched = records.status();
    const since = batched.downSince === undefined ? undefined : new Date(batched.downSince);
    return {
      state: state === 'up' && batched.state === 'down' ? 'down' : state,
      text,
      downSince: since,
      late: batched.late,
      dropped: batched.dropped,
    };
  }

  /** Tells what waits, as far as that is possible in the time of one call, and closes the store. */
  async close(): Promise<void> {
    await this.records?.close();
    await this.store?.close();
  }
}

function storeOf(choice: StoreChoice, clock: Clock, detached: Detached): JobStore | undefined {
  switch (choice.kind) {
    case 'none':
      return undefined;
    case 'memory':
      return new MemoryJobStore({ clock, detached });
    case 'given':
      return choice.store;
  }
}
