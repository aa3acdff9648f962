import { systemClock, type Clock } from '../kernel/clock.js';
import { captureContext } from '../kernel/detached.js';
import { describeError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { JobMoment } from '../observe/moments.js';

const WAITING_MOST = 1_000;

/** Calls of one turn of the event loop; then jobs have theirs. */
const CALLS_AT_ONCE = 50;

/** One line for each sort of trouble in this time, with how often it came. */
const TOLD_EVERY_MS = 10_000;

/**
 * The moments that wait for one `@OnJobEvent` method: empty -> waiting -> calling ... -> closed. It is called one
 * moment at a time, never in the turn of the event loop that told it.
 */
export class EventInbox {
  private readonly waiting: JobMoment[] = [];
  private readonly trouble = new Map<string, { count: number; toldAt: number }>();
  private isBusy = false;
  private isClosed = false;
  /** A timer set inside a request or a handler would keep its async context for all that waits. */
  private readonly detached = captureContext();

  constructor(
    private readonly place: string,
    private readonly call: (moment: JobMoment) => unknown,
    private readonly logger: Logger,
    private readonly clock: Clock = systemClock,
  ) {}

  put(moment: JobMoment): void {
    if (this.isClosed) return;
    if (this.waiting.length >= WAITING_MOST) {
      this.tell(
        'warn',
        'dropped',
        `is too slow: ${WAITING_MOST} moments wait for it, and others are dropped`,
      );
      return;
    }
    this.waiting.push(moment);
    if (this.isBusy) return;
    this.isBusy = true;
    this.later();
  }

  /** What waits is dropped. */
  close(): void {
    this.isClosed = true;
    this.waiting.length = 0;
  }

  private later(): void {
    this.detached(() => this.clock.setTimer(0, () => void this.work()));
  }

  /** Never rejects. */
  private async work(): Promise<void> {
    for (let calls = 0; calls < CALLS_AT_ONCE; calls += 1) {
      const moment = this.waiting.shift();
      if (!moment) {
        this.isBusy = false;
        return;
      }
      try {
        await this.call(moment);
      } catch (error) {
        const { name, message } = describeError(error);
        const of = `'${moment.kind}' of ${moment.type} ${moment.jobId}`;
        this.tell('error', 'failed', `failed at ${of}: ${name}: ${message}`);
      }
    }
    this.later();
  }

  private tell(level: 'error' | 'warn', sort: string, what: string): void {
    const now = this.clock.elapsed();
    const before = this.trouble.get(sort) ?? { count: 0, toldAt: -Infinity };
    const count = before.count + 1;
    const isDue = now - before.toldAt >= TOLD_EVERY_MS;
    this.trouble.set(sort, { count, toldAt: isDue ? now : before.toldAt });
    if (isDue)
      this.logger[level](
        `@OnJobEvent ${this.place} ${what} (${sort} ${count} so far). Jobs are not affected.`,
      );
  }
}
