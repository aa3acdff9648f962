import { Observable } from 'rxjs';
import { filter } from 'rxjs/operators';
import { describeError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { Moment, MomentKind, MomentOf, Observer } from '../observe/moments.js';

/** Makes a source of moments: `observe` of the runtime. */
export type Observe = (observer: Observer) => () => void;

/**
 * What happens to jobs in this process. Each subscriber is guarded: what its `next` throws is logged, ends its
 * subscription, and touches neither the job nor other subscribers (rxjs alone would end the process).
 */
export class JobEvents {
  readonly events$: Observable<Moment>;

  /** Made by `JobsModule`; inject it. */
  constructor(observe: Observe, logger: Logger) {
    this.events$ = guardedObservable(observe, logger);
  }

  /** The moments of one kind, e.g. `completed`. */
  ofKind<Kind extends MomentKind>(kind: Kind): Observable<MomentOf<Kind>> {
    return this.events$.pipe(filter((moment): moment is MomentOf<Kind> => moment.kind === kind));
  }
}

/**
 * rxjs catches what a subscriber's `next` throws and throws it again from a timer, where nothing can catch it. So the
 * function is wrapped at `subscribe`, also for operators that a user pipes on, which are the subscribers here.
 */
function guardedObservable(observe: Observe, logger: Logger): Observable<Moment> {
  const source = new Observable<Moment>((subscriber) => observe((moment) => subscriber.next(moment)));
  return guardSubscribe(source, logger);
}

function guardSubscribe<T>(source: Observable<T>, logger: Logger): Observable<T> {
  const guarded = Object.create(source) as Observable<T>;
  const subscribe = source.subscribe.bind(source) as (
    ...parameters: unknown[]
  ) => ReturnType<typeof source.subscribe>;
  guarded.subscribe = ((observerOrNext?: unknown, ...rest: unknown[]) => {
    const subscription = subscribe(
      guardedObserver(observerOrNext, rest, logger, () => subscription?.unsubscribe()),
    );
    return subscription;
  }) as typeof source.subscribe;
  guarded.pipe = ((...operators: Array<(from: Observable<unknown>) => Observable<unknown>>) =>
    guardSubscribe(
      operators.reduce<Observable<unknown>>((from, operator) => operator(from), source),
      logger,
    )) as typeof source.pipe;
  return guarded;
}

interface PartialObserver {
  next?: (value: unknown) => void;
  error?: (error: unknown) => void;
  complete?: () => void;
}

function guardedObserver(
  given: unknown,
  rest: readonly unknown[],
  logger: Logger,
  stop: () => void,
): PartialObserver {
  const observer: PartialObserver =
    typeof given === 'function'
      ? { next: given as (value: unknown) => void, error: rest[0] as never, complete: rest[1] as never }
      : ((given as PartialObserver | null | undefined) ?? {});
  return {
    next: (value) => {
      try {
        observer.next?.(value);
      } catch (error) {
        stop();
        const { name, message } = describeError(error);
        logger.error(
          `A subscriber of JobEvents threw and was unsubscribed: ${name}: ${message}. Jobs are not affected.`,
        );
      }
    },
    error: (error) => {
      if (observer.error) observer.error(error);
      else {
        const { name, message } = describeError(error);
        logger.error(`A pipe on JobEvents failed and has ended: ${name}: ${message}. Jobs are not affected.`);
      }
    },
    complete: () => observer.complete?.(),
  };
}
