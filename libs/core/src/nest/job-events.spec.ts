import { firstValueFrom, merge, mergeWith, NEVER, of, startWith, map, Observable } from 'rxjs';
import type { Logger } from '../kernel/logger.js';
import { silentLogger } from '../kernel/logger.js';
import type { Moment, Observer } from '../observe/moments.js';
import { JobEvents } from './job-events.js';

const MOMENT = { kind: 'workerStarted', at: 1, queues: [] } as unknown as Moment;

function events() {
  const lines: string[] = [];
  const observers = new Set<Observer>();
  const logger: Logger = { ...silentLogger, error: (line) => void lines.push(line) };
  const observe = (observer: Observer) => {
    observers.add(observer);
    return () => void observers.delete(observer);
  };
  const jobEvents = new JobEvents(observe, (observer) => observe(observer as Observer), logger);
  const tell = () => [...observers].forEach((observer) => observer(MOMENT));
  return { events$: jobEvents.events$, jobEvents, tell, lines, observers };
}

/** What escapes to the process fails the test by itself; this gives it the time. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a subscriber of JobEvents', () => {
  it('that rejects is logged each time and goes on', async () => {
    const { jobEvents, tell, lines, observers } = events();
    let calls = 0;
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- what users write all the same
    jobEvents.ofKind('workerStarted').subscribe(async () => {
      await Promise.resolve();
      throw new Error(`rejected ${(calls += 1)}`);
    });
    tell();
    tell();
    await settle();
    expect(lines).toEqual([expect.stringMatching(/rejected 1/), expect.stringMatching(/rejected 2/)]);
    expect(observers.size).toBe(1);
  });

  it('that throws while it is subscribing ends without another value', async () => {
    const { events$, tell, lines, observers } = events();
    const seen: unknown[] = [];
    const subscription = events$.pipe(startWith('first', 'second')).subscribe((value) => {
      seen.push(value);
      throw new Error('bad from the start');
    });
    tell();
    await settle();
    expect(seen).toEqual(['first']);
    expect(lines).toEqual([expect.stringContaining('bad from the start')]);
    expect(subscription.closed).toBe(true);
    expect(observers.size).toBe(0);
  });

  it('may throw in complete and in error too', async () => {
    const { events$, tell, lines } = events();
    const bad = (what: string) => () => {
      throw new Error(`bad ${what}`);
    };
    events$
      .pipe((from) => new Observable((subscriber) => from.subscribe(() => subscriber.complete())))
      .subscribe({ complete: bad('complete') });
    events$.pipe(map(bad('pipe'))).subscribe({ error: bad('error') });
    tell();
    await settle();
    expect(lines).toEqual([expect.stringContaining('bad complete'), expect.stringContaining('bad error')]);
  });

  it('without an error callback hears of a failing pipe in the log', async () => {
    const { events$, tell, lines } = events();
    events$
      .pipe(
        map(() => {
          throw new Error('bad pipe');
        }),
      )
      .subscribe(() => undefined);
    tell();
    await settle();
    expect(lines).toEqual([expect.stringMatching(/A pipe on JobEvents failed.*bad pipe/)]);
  });

  it('keeps its own this', () => {
    const { events$, tell } = events();
    class Counting {
      count = 0;
      next(): void {
        this.count += 1;
      }
    }
    const counting = new Counting();
    events$.subscribe(counting);
    tell();
    expect(counting.count).toBe(1);
  });

  it('is guarded behind what is piped, other sources included', async () => {
    const { events$, lines } = events();
    events$.pipe(mergeWith(of('other'))).subscribe(() => {
      throw new Error('bad merger');
    });
    await settle();
    expect(lines).toEqual([expect.stringContaining('bad merger')]);
  });

  it('that is a combinator lets go when it ends', async () => {
    const { events$, tell, observers } = events();
    const subscription = merge(events$, NEVER).subscribe();
    expect(observers.size).toBe(1);
    subscription.unsubscribe();
    expect(observers.size).toBe(0);
    const first = firstValueFrom(events$);
    tell();
    expect(await first).toBe(MOMENT);
    expect(observers.size).toBe(0);
  });
});
