import type { Moment, MomentKind, MomentOf, Observer } from '../observe/moments.js';
import { systemClock } from '../kernel/clock.js';

interface Waiter {
  readonly matches: (moment: Moment) => boolean;
  readonly resolve: (moment: Moment) => void;
}

/** Real milliseconds after which waiting for a moment fails. */
const LIMIT_MS = 20_000;

/** Collects moments and lets a test wait for one. `next` gives each moment out once, in the order told. */
export class Recorder {
  readonly moments: Moment[] = [];
  private readonly unread: Moment[] = [];
  private readonly waiters = new Set<Waiter>();

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

  /** All moments of a kind so far. */
  all<Kind extends MomentKind>(kind: Kind): Array<MomentOf<Kind>> {
    return this.moments.filter((moment): moment is MomentOf<Kind> => moment.kind === kind);
  }

  /** The next moment of a kind that was not given out before. Fails after 20 real seconds, and says what came. */
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
      const timer = systemClock.setTimer(LIMIT_MS, () => {
        this.waiters.delete(waiter);
        const told = this.moments.map((moment) => moment.kind).join(', ');
        reject(
          new Error(
            `Waited ${LIMIT_MS} ms in vain for the moment '${kind}'. Told so far: ${told || 'nothing'}.`,
          ),
        );
      });
      this.waiters.add(waiter);
    });
  }
}
