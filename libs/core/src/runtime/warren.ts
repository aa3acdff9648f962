import { availableParallelism, hostname } from 'node:os';
import { createSubmit, type Submit } from '../enqueue/submit.js';
import { systemClock, type Clock } from '../kernel/clock.js';
import { captureContext } from '../kernel/detached.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { createIdSource, type IdSource } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import { systemRandom, type Random } from '../kernel/random.js';
import type { Observer } from '../observe/moments.js';
import { Observers } from '../observe/observers.js';
import type { JobLookup } from '../enqueue/job-ref.js';
import { Topology } from '../operate/topology.js';
import { readEnvironment } from '../options/environment.js';
import { resolveOptions, withStore } from '../options/resolve.js';
import type { Settings } from '../options/settings.js';
import { jsonCodec } from '../payload/codec.js';
import type { Broker, BrokerStatus } from '../ports/broker.js';
import type { JobStore } from '../ports/job-store.js';
import type { HostConnection } from '../threads/thread-host.js';
import type { ThreadConnection } from '../threads/thread-side.js';
import { checkHandlers, consumedQueues } from '../worker/bindings.js';
import type { HandlerRegistration } from '../worker/handler.js';
import type { Worker } from '../worker/worker.js';
import { BootCheck } from './boot-check.js';
import { brokerLine } from './boot-lines.js';
import { closed, notStarted } from './closed.js';
import { Control } from './control.js';
import { createBroker, startBroker } from './create-broker.js';
import { createRunTime } from './create-turning.js';
import { createWorker } from './create-worker.js';
import { Isolation } from './isolation.js';
import { JobQueue } from './job-queue.js';
import { JobWorker, type WorkerFace } from './job-worker.js';
import { queueNeeds } from './queue-needs.js';
import { ownObservers } from './own-observers.js';
import { queueParts } from './queue-parts.js';
import type { RunTime } from './run-time.js';
import { Scheduling } from './scheduling.js';
import { StoreLink } from './store-link.js';
import { loopOf, type WarrenParts } from './warren-parts.js';

const BOOT_CHECK_LIMIT_MS = 10_000;

/**
 * The composition root: options and ports -> running parts. created -> started -> drained -> closed. It connects at
 * `start`, or at the first enqueue before it, which other modules may do while they boot. In a worker thread it
 * connects to nothing: it runs what the main thread hands it, and publishes through that one.
 */
export class Warren implements WorkerFace {
  settings: Settings;
  readonly jobs: JobQueue;
  readonly jobWorker = new JobWorker(this);
  private readonly broker: Broker;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly ids: IdSource;
  readonly logger: Logger;
  private readonly observers: Observers;
  private readonly workerName: string;
  private readonly inThread: ThreadConnection | undefined;
  private readonly isolation: Isolation;
  readonly storeLink: StoreLink;
  readonly control: Control;
  readonly scheduling: Scheduling;
  private readonly runTime: RunTime;
  private handlers: readonly HandlerRegistration[] = [];
  worker: Worker | undefined;
  private readonly bootCheck: BootCheck;
  private readonly detached = captureContext();
  private connecting: Promise<void> | undefined;
  private state: 'created' | 'started' | 'closed' = 'created';

  /**
   * @throws ConfigurationError listing every problem of the options; WarrenError WARREN_IN_MEMORY_REFUSED in
   * production without a broker.
   */
  constructor(private readonly parts: WarrenParts) {
    this.clock = parts.clock ?? systemClock;
    this.random = parts.random ?? systemRandom;
    this.logger = parts.logger;
    this.workerName = `${hostname()}:${process.pid}`;
    const environment = parts.environment ?? readEnvironment();
    this.settings = resolveOptions(parts.options, environment, {
      workerName: this.workerName,
      cores: availableParallelism(),
    });
    this.inThread = parts.thread?.connection(this.settings.connection);
    this.ids = createIdSource(this.clock, this.random);
    this.observers = new Observers(this.logger);
    const { settings, clock, random, ids, logger, detached, observers, isInThread, workerName } = this;
    this.broker = this.inThread?.broker ?? createBroker(settings.broker, { clock, random, logger, detached });
    const { signals } = this.broker;
    const worker = () => this.worker;
    this.storeLink = new StoreLink({ settings, logger, isInThread, observers, clock, detached });
    const around = { clock, detached, isInThread, workerName, signals, worker };
    this.runTime = createRunTime(around, this, loopOf(parts));
    this.control = new Control({ ...around, observers, turn: (command) => this.runTime.obey(command) });
    const connected = () => this.connected();
    const needs = () => queueNeeds(this.settings, this.handlers);
    const topology = new Topology({ broker: this.broker, clock, connected, needs });
    this.bootCheck = new BootCheck(() => topology.inspect('boot', BOOT_CHECK_LIMIT_MS), this.logger);
    this.broker.onServer?.((server) => this.bootCheck.serverMet(server));
    const own = (name: string) => (name === this.settings.connection ? this.hostConnection : undefined);
    this.isolation = new Isolation({ ...parts, settings, environment, clock }, own);
    for (const observer of ownObservers(this.inThread, logger, settings.log)) observers.add(observer);
    this.scheduling = new Scheduling(this, { ...around, storeLink: this.storeLink, random, ids, logger });
    // At the first call: until then a store may register itself.
    this.jobs = new JobQueue(() =>
      queueParts({
        ...this.shared(),
        connected,
        control: this.control,
        scheduling: this.scheduling,
        runTime: this.runTime,
        consumedQueues: () => this.consumedQueues(),
        topology,
        createSubmit: (lookup) => this.createSubmit(lookup),
        storeHealth: () => this.storeLink.health(),
      }),
    );
  }

  /**
   * Takes the handlers of this process; once, before `start`.
   * @throws ConfigurationError listing every problem with class and method.
   */
  register(handlers: readonly HandlerRegistration[]): void {
    const problems = checkHandlers(handlers, this.settings);
    if (!this.inThread) problems.push(...this.isolation.problems(handlers));
    if (problems.length > 0) throw new ConfigurationError(problems);
    this.handlers = handlers;
    this.inThread?.serve(handlers, this.logger);
  }

  /** @throws as `StoreLink.register`. */
  registerStore(store: JobStore, replace: boolean): void {
    this.settings = withStore(this.settings, this.parts.options, this.storeLink.register(store, replace));
  }

  /** Connections of the same application, by name: threads may enqueue through each of them. Before `start`. */
  joinConnections(connectionOf: (name: string) => HostConnection | undefined): void {
    this.isolation.connectionOf = connectionOf;
  }

  get isInThread(): boolean {
    return this.inThread !== undefined;
  }

  /** What threads use of this connection. */
  get hostConnection(): HostConnection {
    return { broker: this.broker, tell: (moment) => this.observers.tell(moment) };
  }

  /**
   * Connects, and takes jobs unless `worker` is false or `autoStart` is. Resolves when the first try to connect is
   * over: with the broker away, the application boots and Warren goes on trying. What fails closes it.
   * @throws WarrenError WARREN_ACCESS_REFUSED, WARREN_TOPOLOGY_MISMATCH.
   */
  async start(): Promise<void> {
    if (this.state !== 'created') return;
    this.state = 'started';
    if (this.inThread) return this.storeLink.start();
    try {
      await this.isolation.prepare(this.handlers);
      await this.connect();
      const { worker } = this.settings;
      if (worker) this.worker = await this.createWorker();
      if (worker && worker.autoStart && this.consumedQueues().length > 0) await this.startWorker();
      this.scheduling.start();
      this.detached(() => this.bootCheck.booted());
    } catch (error) {
      // The first error is the one to tell.
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  /** Takes jobs, for those who set `autoStart: false`. One that failed may be called again. */
  async startWorker(): Promise<void> {
    if (this.state !== 'started') throw notStarted();
    // The main thread takes the jobs.
    if (this.inThread) return;
    if (!this.worker) {
      throw new ConfigurationError([
        'startWorker(): this process has `worker: false`. Remove it from the options.',
      ]);
    }
    const { worker } = this;
    await this.detached(() => worker.start());
    await this.runTime.workerStarted();
  }

  /** Takes nothing new, waits for what runs up to `shutdownTimeout`, gives back the rest. Enqueueing goes on. */
  async drain(): Promise<void> {
    await Promise.all([this.scheduling.stop(), this.worker?.drain()]);
  }

  /** Drains, waits for publishes on their way, and disconnects. A broker that was given is closed by its owner. */
  async close(): Promise<void> {
    if (this.state === 'closed') return;
    await this.drain();
    this.state = 'closed';
    await this.runTime.close();
    const threads = this.isolation.close();
    if (threads) await threads;
    await this.storeLink.close();
    this.control.close();
    if (this.inThread || this.settings.broker.kind !== 'given') await this.broker.close();
  }

  /** Tells `observer` of every moment from now on; in a thread of none, as the main thread tells them all. */
  observe(observer: Observer): () => void {
    if (this.inThread) return () => undefined;
    return this.observers.add(observer);
  }

  status(): BrokerStatus {
    return this.broker.status();
  }

  get runningCount(): number {
    return this.worker?.runningCount ?? 0;
  }

  get zombieCount(): number {
    return this.worker?.zombieCount ?? 0;
  }

  /** Queues that this process takes jobs from. */
  consumedQueues(): readonly string[] {
    if (!this.settings.worker || this.inThread) return [];
    return consumedQueues(this.handlers, this.settings);
  }

  /** Attempts at once from a queue. */
  concurrencyOf(queue: string): number {
    return this.settings.worker
      ? this.isolation.concurrencyOf(queue, this.runTime.over(this.settings.worker), this.handlers)
      : 0;
  }

  private connect(): Promise<void> {
    this.connecting ??= this.detached(() => {
      if (!this.inThread) this.logger.info(brokerLine(this.settings));
      return this.startParts();
    });
    return this.connecting;
  }

  private async startParts(): Promise<void> {
    const { storeLink, broker, inThread, logger, settings } = this;
    this.control.start();
    const [moves, remembers] = await Promise.allSettled([startBroker(broker, settings), storeLink.start()]);
    if (moves.status === 'rejected') throw moves.reason;
    if (remembers.status === 'rejected') throw remembers.reason;
    const { line } = storeLink;
    if (line !== undefined && !inThread) logger.info(line);
  }

  private async connected(): Promise<void> {
    if (this.state === 'closed') throw closed();
    await this.connect();
  }

  private createSubmit(lookup: JobLookup): Submit {
    const middleware = this.parts.options.middleware?.enqueue ?? [];
    const submit = createSubmit({ ...this.shared(), middleware, lookup, codec: jsonCodec });
    return (request) => {
      if (this.state === 'closed') return Promise.reject(closed());
      // Not awaited: publishes wait for the connection by themselves, and hear why there is none.
      if (this.state === 'created') this.connect().catch(() => undefined);
      return submit(request);
    };
  }

  /** What both ways of a job are made of. */
  private shared() {
    const { settings, broker, clock, ids, observers, logger } = this;
    const { store, records } = this.storeLink;
    return { settings, broker, clock, ids, observers, logger, store, records, unique: records?.unique };
  }

  private async createWorker(): Promise<Worker> {
    await this.runTime.start();
    const { random, workerName, isolation, detached } = this;
    return createWorker({
      ...this.shared(),
      random,
      workerName,
      detached,
      jobLimits: this.storeLink.records?.jobLimits,
      handlers: isolation.wrap(this.handlers),
      middleware: this.parts.options.middleware?.run ?? [],
      queues: this.consumedQueues(),
      concurrencyOf: (queue) => this.concurrencyOf(queue),
      turned: this.runTime.settings,
      loop: loopOf(this.parts),
    });
  }
}
