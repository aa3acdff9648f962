import { storeLine } from './boot-lines.js';
import type { Clock } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import { ConfigurationError, describeError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { Observers } from '../observe/observers.js';
import type { Settings, StoreChoice } from '../options/settings.js';
import { STORE } from '../options/store.js';
import type { JobStore, StoreStatus } from '../ports/job-store.js';
import { BatchedRecords, type StoreCall } from '../store/batching/index.js';
import { MemoryJobStore } from '../store/memory/index.js';

export interface StoreLinkParts {
  readonly settings: Pick<Settings, 'app' | 'store' | 'requireStoreAllowed'>;
  readonly logger: Logger;
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
  /**
   * Ends of runs that the store did not take since the start, as another run or message of the job owned it by then. Of
   * what was kept while the store was away nothing is counted.
   */
  readonly conflicts: number;
}

/**
 * The job store of a connection and the bounded way to it: open for a store -> chosen -> started -> closed. It is
 * chosen when it is first asked for, at the latest by `start`. Empty where there is none.
 */
export class StoreLink {
  private choice: StoreChoice;
  private isChosen = false;
  private chosenStore: JobStore | undefined;
  private batched: BatchedRecords | undefined;
  private isRegistered = false;
  private starting: Promise<void> | undefined;
  private readonly callWatchers = new Set<(call: StoreCall) => void>();

  constructor(private readonly parts: StoreLinkParts) {
    this.choice = parts.settings.store;
  }

  /**
   * Takes a store that registers itself, instead of the option, which it gives back as the option that it stands for.
   * @throws ConfigurationError when it is no store, when there is one already and `replace` is not said, when jobs
   * were enqueued or the connection started before; WarrenError WARREN_IN_MEMORY_REFUSED in production.
   */
  register(store: JobStore, replace: boolean): StoreChoice {
    const problem = this.problemOf(store, replace);
    if (problem !== undefined) throw new ConfigurationError([`registerSource: ${problem}`]);
    this.parts.settings.requireStoreAllowed(store);
    this.choice = Object.freeze({ kind: 'given', store });
    this.isRegistered = true;
    return this.choice;
  }

  get store(): JobStore | undefined {
    this.choose();
    return this.chosenStore;
  }

  /** Whether the store knows no other process. */
  get isLocal(): boolean {
    return this.store?.kind === 'memory';
  }

  get records(): BatchedRecords | undefined {
    this.choose();
    return this.batched;
  }

  /** Once; further calls give the same promise. With the store away it resolves, and the store goes on trying. */
  start(): Promise<void> {
    const { store } = this;
    if (!store) return Promise.resolve();
    const { detached, settings, logger } = this.parts;
    this.starting ??= detached(() => store.start({ app: settings.app, logger }));
    return this.starting;
  }

  /** The line of the boot log; undefined: there is no store. */
  get line(): string | undefined {
    const { chosenStore, choice } = this;
    return (
      chosenStore &&
      storeLine(choice.kind === 'memory', chosenStore.status().text, chosenStore.reads !== undefined)
    );
  }

  /** Told of each call of the store that the pipeline makes; it must not throw. Returns how to stop it. */
  watchCalls(told: (call: StoreCall) => void): () => void {
    this.callWatchers.add(told);
    return () => void this.callWatchers.delete(told);
  }

  /** Undefined: there is no store, or it was not asked for yet. */
  health(): StoreHealth | undefined {
    const { chosenStore, batched: records } = this;
    if (!chosenStore || !records) return undefined;
    const { state, text } = chosenStore.status();
    const batched = records.status();
    const since = batched.downSince === undefined ? undefined : new Date(batched.downSince);
    return {
      state: state === 'up' && batched.state === 'down' ? 'down' : state,
      text,
      downSince: since,
      late: batched.late,
      dropped: batched.dropped,
      conflicts: batched.conflicts,
    };
  }

  /** Tells what waits, as far as that is possible in the time of one call, and closes the store. */
  async close(): Promise<void> {
    await this.batched?.close();
    await this.chosenStore?.close();
  }

  private problemOf(store: unknown, replace: boolean): string | undefined {
    const [wrong] = STORE.store.kind.problems(store, 'store');
    if (wrong !== undefined || store === false) return wrong ?? 'store: give a job store.';
    if (this.isChosen) {
      return 'the store of this connection is in use already. Register it in the constructor of a provider, not later.';
    }
    const isTaken = this.isRegistered || this.parts.settings.store.kind === 'given';
    if (!isTaken || replace) return undefined;
    const { kind } = (this.choice as { readonly store: JobStore }).store;
    return `this connection has a job store already (${kind}). Leave one out, or say { replace: true }.`;
  }

  private choose(): void {
    if (this.isChosen) return;
    this.isChosen = true;
    const { isInThread, clock, detached, observers } = this.parts;
    const store = storeOf(this.choice, clock, detached);
    if (!store || (isInThread && store.kind === 'memory')) return;
    this.chosenStore = store;
    const batched = new BatchedRecords({
      records: store.records,
      unique: store.unique,
      reads: store.reads,
      jobLimits: store.limits,
      clock,
      detached,
      listener: {
        onUp: () => {
          const { late, dropped } = batched.status();
          observers.tell({ kind: 'storeUp', at: clock.now(), late, dropped });
        },
        onDown: (cause) =>
          observers.tell({ kind: 'storeDown', at: clock.now(), error: describeError(cause) }),
        onCall: (call) => {
          for (const watcher of this.callWatchers) watcher(call);
        },
      },
    });
    this.batched = batched;
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
