import type { Clock } from '../kernel/clock.js';
import { WarrenError, describeError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import { within } from '../kernel/within.js';
import type { Moment } from '../observe/moments.js';
import type { ThreadSettings } from '../options/settings.js';
import type { Broker } from '../ports/broker.js';
import type { AttemptContext } from '../worker/job-context.js';
import type { IsolatedAttempt } from '../worker/isolated-attempt.js';
import { answer } from './broker-calls.js';
import { HostLink } from './host-link.js';
import { HostRun } from './host-run.js';
import type { FromThread } from './protocol.js';
import { Slots } from './slots.js';
import type { OpenThreadPool, ThreadPool } from './thread-pool.js';

/** What threads use of a connection of the main thread. */
export interface HostConnection {
  readonly broker: Broker;
  /** Tells the observers of the main thread. */
  tell(moment: Moment): void;
}

export interface ThreadHostParts {
  readonly settings: ThreadSettings;
  /** File that starts the application. */
  readonly entry: URL;
  /** Whose handlers these are. */
  readonly connection: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openPool: OpenThreadPool;
  /** Connections of the application by name. */
  readonly connectionOf: (name: string) => HostConnection | undefined;
}

/** How long shutdown waits for the applications of the threads to close. */
const CLOSE_MS = 5_000;

/**
 * Runs the attempts of one connection's isolated handlers, each alone in a thread. Threads start when a job needs one
 * and none is idle, and stay until the host is closed.
 */
export class ThreadHost {
  private readonly pool: ThreadPool;
  private readonly slots: Slots;
  private readonly links = new Set<HostLink>();
  private readonly runs = new Map<number, HostRun>();
  private lastRun = 0;

  constructor(private readonly parts: ThreadHostParts) {
    const { settings, entry, logger, openPool } = parts;
    this.slots = new Slots(settings.max);
    this.pool = openPool({
      settings,
      entry,
      onLink: (port) => {
        const onGone = (link: HostLink): void => void this.links.delete(link);
        this.links.add(new HostLink(port, (message, link) => this.onMessage(message, link), onGone));
      },
      onError: (error) => {
        const { name, message } = describeError(error);
        logger.warn(
          `An idle thread ended: ${name}: ${message}. The next job of its handlers starts another.`,
        );
      },
    });
  }

  /** Resolves and rejects as the handler does; with WARREN_THREAD_START and WARREN_THREAD_DIED besides. */
  async run(pattern: string, context: AttemptContext): Promise<unknown> {
    const { signal } = context;
    await this.slots.take(signal);
    if (signal.aborted) {
      this.slots.release();
      throw signal.reason;
    }
    const { clock, settings, connection } = this.parts;
    const number = (this.lastRun += 1);
    const attempt = context.controls as IsolatedAttempt;
    const run = new HostRun(number, context, attempt, { clock, startTimeoutMs: settings.startTimeoutMs });
    this.runs.set(number, run);
    const task = { run: number, connection, pattern, facts: attempt.facts };
    this.pool
      .run(task, run.end.signal)
      .catch((cause: unknown) => {
        // What it said before may not have been told yet: that it had begun, or even its end.
        for (const link of this.links) link.readPending();
        run.died(cause);
      })
      .finally(() => this.slots.release());
    try {
      return await run.result;
    } finally {
      this.runs.delete(number);
    }
  }

  /** Closes the applications of the threads, within bounds, and ends the threads. For when nothing runs any more. */
  async close(): Promise<void> {
    const links = [...this.links];
    for (const link of links) link.send({ kind: 'close' });
    const closed = Promise.all(links.map((link) => link.closed));
    if (!(await within(closed, CLOSE_MS, this.parts.clock))) {
      this.parts.logger.warn(
        `A thread did not close its application in ${CLOSE_MS} ms and is ended: an onModuleDestroy or onApplicationShutdown of a provider takes longer.`,
      );
    }
    await this.pool.destroy();
  }

  private onMessage(message: FromThread, link: HostLink): void {
    switch (message.kind) {
      case 'call':
        void answer(message, this.parts.connectionOf(message.connection)?.broker, link);
        break;
      case 'moment':
        this.parts.connectionOf(message.connection)?.tell(message.moment);
        break;
      case 'closed':
        throw new WarrenError('WARREN_BUG', 'the link takes this message itself');
      default:
        this.runs.get(message.run)?.onMessage(message, link);
    }
  }
}
