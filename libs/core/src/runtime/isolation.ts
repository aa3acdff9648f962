import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import type { Environment } from '../options/environment.js';
import type { Settings, WorkerSettings } from '../options/settings.js';
import { ThreadHost, type HostConnection } from '../threads/thread-host.js';
import { loadThreadPool, type OpenThreadPool } from '../threads/thread-pool.js';
import type { Thread } from '../threads/thread-side.js';
import type { HandlerRegistration } from '../worker/handler.js';
import type { AttemptContext } from '../worker/job-context.js';
import { queueOfHandler } from '../worker/routes.js';

/** What may be said of threads besides the options. */
export interface ThreadParts {
  /** File that starts this application again in a thread, when the options name none: `bootstrapWorker` knows it. */
  readonly threadEntry?: URL | undefined;
  /** What opens threads. Default: piscina. */
  readonly loadThreadPool?: () => Promise<OpenThreadPool>;
  /** The thread that this is in, unless it is the main one: then it takes no jobs but those that it is handed. */
  readonly thread?: Thread | undefined;
}

export interface IsolationParts extends ThreadParts {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Which handlers run in threads, and the host that runs them there. Costs nothing where no handler asks for it. Tests
 * (NODE_ENV is `test`) run them in the main thread unless an entry is given: the file that started the process is the
 * test runner's.
 */
export class Isolation {
  private host: ThreadHost | undefined;
  private readonly entry: URL | undefined;
  private readonly isOff: boolean;
  private readonly threads: WorkerSettings['threads'] | undefined;

  constructor(
    private readonly parts: IsolationParts,
    /** Connections that threads use, by name. */
    public connectionOf: (name: string) => HostConnection | undefined,
  ) {
    const { settings, environment, threadEntry } = parts;
    this.threads = settings.worker ? settings.worker.threads : undefined;
    this.isOff = !this.threads || (environment.test === true && this.threads.entry === undefined);
    this.entry = this.threads?.entry ?? threadEntry;
  }

  /** Empty: nothing is wrong. */
  problems(handlers: readonly HandlerRegistration[]): string[] {
    if (this.entry) return [];
    return handlers
      .filter((handler) => this.isIsolated(handler))
      .map(
        ({ place }) =>
          `${place}: isolation: 'thread' needs to know the file that starts this application in a thread. Start it with bootstrapWorker(AppModule), or give worker: { threads: { entry: new URL('./worker.js', import.meta.url) } }, a compiled file that calls bootstrapWorker(AppModule).`,
      );
  }

  /** @throws ConfigurationError when a handler asks for threads and piscina is not there. */
  async prepare(handlers: readonly HandlerRegistration[]): Promise<void> {
    const { threads, entry } = this;
    if (!threads || !entry || !handlers.some((handler) => this.isIsolated(handler))) return;
    const { settings, clock, logger, loadThreadPool: load = loadThreadPool } = this.parts;
    const openPool = await load();
    const connectionOf = (name: string): HostConnection | undefined => this.connectionOf(name);
    const { connection } = settings;
    this.host = new ThreadHost({
      settings: threads,
      entry,
      connection,
      clock,
      logger,
      openPool,
      connectionOf,
    });
  }

  /** The handlers with those that are isolated handed to the host, payload and all. */
  wrap(handlers: readonly HandlerRegistration[]): readonly HandlerRegistration[] {
    const { host } = this;
    if (!host) return handlers;
    return handlers.map((handler) =>
      this.isIsolated(handler)
        ? {
            ...handler,
            payload: undefined,
            isIsolated: true,
            run: (context) => host.run(handler.pattern, context as AttemptContext),
          }
        : handler,
    );
  }

  /** No more than there are threads, where every handler of the queue needs one: the rest may run elsewhere. */
  concurrencyOf(queue: string, settings: WorkerSettings, handlers: readonly HandlerRegistration[]): number {
    const concurrency = settings.concurrencyOf(queue);
    const own = handlers.filter((handler) => queueOfHandler(handler) === queue);
    const needThreads = own.length > 0 && own.every((handler) => this.isIsolated(handler));
    return needThreads ? Math.min(concurrency, settings.threads.max) : concurrency;
  }

  /** Undefined: there are no threads, and nothing to wait for. */
  close(): Promise<void> | undefined {
    return this.host?.close();
  }

  private isIsolated({ options }: HandlerRegistration): boolean {
    return !this.isOff && options.isolation === 'thread';
  }
}
