import { Observable, Subscriber, isObservable, type Subscription } from 'rxjs';
import { filter } from 'rxjs/operators';
import type { ClusterMoment } from '../control/carried-moment.js';
import type { ClusterObserver } from '../control/event-hearing.js';
import { describeError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import { isThenable } from '../kernel/thenable.js';
import type { Moment, MomentKind, MomentOf, Observer } from '../observe/moments.js';

/** Makes a source of moments: `observe` of the runtime. */
export type Observe = (observer: Observer) => () => void;

/** Makes a source of the moments of all processes: `control.observe` of the runtime. */
export type ObserveCluster = (observer: ClusterObserver) => () => void;

/**
 * What happens to jobs, in this process and in all. Each subscriber is guarded: what its callbacks throw is logged and ends its
 * subscription, what they reject with is logged, and neither touches the job or other subscribers (rxjs alone would
 * end the process). The guard reaches `events$`, `cluster$`, `ofKind` and what is piped on them. What another observable makes of
 * them, `merge(events$, …)` say, is rxjs's alone: pipe on `events$` first, or catch in the subscriber.
 */
export class JobEvents {
  readonly events$: Observable<Moment>;

  /**
   * The moments of jobs in all processes of the application, this one included, over the broker: good to hear and safe
   * to miss. Those of one process come in their order; while the connection is away they are missed. Results and
   * progress above 16 KiB are left out. It costs something only while it is subscribed to, and then in every process.
   */
  readonly cluster$: Observable<ClusterMoment>;

  /** Made by `JobsModule`; inject it. */
  constructor(observe: Observe, observeCluster: ObserveCluster, logger: Logger) {
    this.events$ = guardedObservable<Moment>(observe, logger);
    this.cluster$ = guardedObservable<ClusterMoment>(observeCluster, logger);
  }

  /** The moments of one kind, e.g. `completed`. */
  ofKind<Kind extends MomentKind>(kind: Kind): Observable<MomentOf<Kind>> {
    return this.events$.pipe(filter((moment): moment is MomentOf<Kind> => moment.kind === kind));
  }
}

/**
 * rxjs catches what a subscriber's `next` throws and throws it again from a timer, where nothing can catch it. So the
 * functions are wrapped at `subscribe`, also for operators that a user pipes on, which are the subscribers here.
 */
function guardedObservable<T>(
  observe: (observer: (moment: T) => void) => () => void,
  logger: Logger,
): Observable<T> {
  const source = new Observable<T>((subscriber) => observe((moment) => subscriber.next(moment)));
  return guardSubscribe(source, logger);
}

function guardSubscribe<T>(source: Observable<T>, logger: Logger): Observable<T> {
  const guarded = Object.create(source) as Observable<T>;
  guarded.subscribe = ((...given: unknown[]) =>
    new GuardedSubscriber(given, logger).subscribeTo(source)) as typeof source.subscribe;
  guarded.pipe = ((...operators: Array<(from: Observable<unknown>) => Observable<unknown>>) => {
    const piped = operators.reduce<Observable<unknown>>((from, operator) => operator(from), source);
    return isObservable(piped) ? guardSubscribe(piped, logger) : piped;
  }) as typeof source.pipe;
  return guarded;
}

type Callback = ((value?: unknown) => unknown) | undefined;

/** The three callbacks of one `subscribe`, none of which lets anything out. */
class GuardedSubscriber {
  private readonly observer: {
    readonly next?: Callback;
    readonly error?: Callback;
    readonly complete?: Callback;
  };
  /** Undefined while subscribing, when a value may come already. */
  private subscription: Subscription | undefined;
  private isOver = false;

  constructor(
    private readonly given: readonly unknown[],
    private readonly logger: Logger,
  ) {
    const [first, error, complete] = given;
    this.observer =
      typeof first === 'function' || first === null || first === undefined
        ? { next: first as Callback, error: error as Callback, complete: complete as Callback }
        : first;
  }

  subscribeTo(source: Observable<unknown>): Subscription {
    this.subscription = source.subscribe({
      next: (value) => this.call('next', value),
      error: (error: unknown) => {
        if (this.observer.error) this.call('error', error);
        else this.log('A pipe on JobEvents failed and has ended', error);
      },
      complete: () => this.call('complete'),
    });
    const [first] = this.given;
    // Of an operator or a combinator: its end is ours.
    if (first instanceof Subscriber) first.add(this.subscription);
    if (this.isOver) this.subscription.unsubscribe();
    return this.subscription;
  }

  private call(name: 'next' | 'error' | 'complete', value?: unknown): void {
    if (this.isOver) return;
    try {
      const returned = this.observer[name]?.(value);
      if (isThenable(returned)) {
        returned.then(undefined, (error: unknown) => this.log('A subscriber of JobEvents rejected', error));
      }
    } catch (error) {
      this.isOver = true;
      this.subscription?.unsubscribe();
      this.log('A subscriber of JobEvents threw and was unsubscribed', error);
    }
  }

  private log(what: string, error: unknown): void {
    const { name, message } = describeError(error);
    this.logger.error(`${what}: ${name}: ${message}. Jobs are not affected.`);
  }
}
