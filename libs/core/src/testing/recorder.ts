import type { Moment, MomentKind, MomentOf, Observer } from '../observe/moments.js';
import { systemClock } from '../kernel/clock.js';
import { until } from './until.js';

interface Waiter {
  readonly matches: (moment: Moment) => boolean;
  readonly resolve: (moment: Moment) => void;
}

/** Below the five seconds after which test runners give up, so that the better message is the one seen. */
const LIMIT_MS = 4_500;

/** Collects moments and lets a test wait for one. `next` gives each moment out once, in the order told. */
export class Recorder {
  readonly moments: Moment[] = [];
  private readonly unread: Moment[] = [];
  private readonly waiters = new Set<Waiter>();
  private readonly limitMs: number;

  /** `limitMs`: real milliseconds after which waiting fails. Default 4.5 s. */
  constructor(options: { readonly limitMs?: number } = {}) {
    this.limitMs = options.limitMs ?? LIMIT_MS;
  }

  /** To be given to `observe`. */
  readonly observer: Observer = (moment) => {
    this.moments.push(moment);
    for (const waiter of this.waiters) {
      if (!waiter.matches(moment)) continue;
      this.waiters.delete(waiter);
      waiter.resolve(moment);
      return;
    }
    this.unread.push(moment);
  };

  /** All moments of a kind so far, given out or not. */
  all<Kind extends MomentKind>(kind: Kind): Array<MomentOf<Kind>> {
    return this.moments.filter((moment): moment is MomentOf<Kind> => moment.kind === kind);
  }

  /** The next moment of a kind that was not given out before. Fails after the limit, and says what came. */
  next<Kind extends MomentKind>(
    kind: Kind,
    filter: (moment: MomentOf<Kind>) => boolean = () => true,
  ): Promise<MomentOf<Kind>> {
    const matches = (moment: Moment): boolean => moment.kind === kind && filter(moment as MomentOf<Kind>);
    const index = this.unread.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.unread.splice(index, 1)[0] as MomentOf<Kind>);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        matches,
        resolve: (moment) => {
          timer.cancel();
          resolve(moment as MomentOf<Kind>);
        },
      };
      const timer = systemClock.setTimer(this.limitMs, () => {
        this.waiters.delete(waiter);
        reject(new Error(`Waited ${this.limitMs} ms in vain for the moment '${kind}'. ${this.told()}`));
      });
      this.waiters.add(waiter);
    });
  }

  /** Waits until the moments so far satisfy `predicate`. Fails after the limit, and says what came. */
  async until(
    predicate: (moments: readonly Moment[]) => boolean,
    what = 'the moments are as awaited',
  ): Promise<void> {
    await until(
      () => predicate(this.moments),
      () => `${what}. ${this.told()}`,
      this.limitMs,
    );
  }

  private told(): string {
    return `Told so far: ${this.moments.map(({ kind }) => kind).join(', ') || 'nothing'}.`;
  }
}
