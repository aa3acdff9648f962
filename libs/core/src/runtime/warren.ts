import { hostname } from 'node:os';
import { createMemoryBroker } from '../broker/memory/index.js';
import { createRabbitMqBroker } from '../broker/rabbitmq/index.js';
import { createSubmit, type Submit } from '../enqueue/submit.js';
import { isQueueName } from '../job/type-name.js';
import { systemClock, systemLoopClock, type Clock, type LoopClock } from '../kernel/clock.js';
import { captureContext } from '../kernel/detached.js';
import { ConfigurationError, WarrenError } from '../kernel/errors/index.js';
import { createIdSource, type IdSource } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import { TimerPool } from '../kernel/timer-pool.js';
import { systemRandom, type Random } from '../kernel/random.js';
import { diagnosticsObserver } from '../observe/diagnostics.js';
import { jobLog } from '../observe/job-log.js';
import type { Observer } from '../observe/moments.js';
import { Observers } from '../observe/observers.js';
import { DeadLetters } from '../operate/dead-letters.js';
import { Topology } from '../operate/topology.js';
import { readEnvironment, type Environment } from '../options/environment.js';
import type { JobsOptions } from '../options/module.js';
import { resolveOptions } from '../options/resolve.js';
import type { Settings } from '../options/settings.js';
import { jsonCodec } from '../payload/codec.js';
import type { Broker, BrokerStatus } from '../ports/broker.js';
import { checkHandlers, consumedQueues } from '../worker/bindings.js';
import type { HandlerRegistration } from '../worker/handler.js';
import { LoopWatch } from '../worker/loop-watch.js';
import { Routes } from '../worker/routes.js';
import { RunsInProgress } from '../worker/runs-in-progress.js';
import { SettledMemory } from '../worker/settled-memory.js';
import { Zombies } from '../worker/zombies.js';
import { Worker } from '../worker/worker.js';
import { BootCheck } from './boot-check.js';
import { brokerLine } from './boot-lines.js';
import { JobQueue } from './job-queue.js';
import { JobWorker, type WorkerFace } from './job-worker.js';
import { queueNeeds } from './queue-needs.js';

const BOOT_CHECK_LIMIT_MS = 10_000;

/** What the composition root is made of; all but options and logger have real defaults. */
export interface WarrenParts {
  readonly options: JobsOptions;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Default: the system's; none when a clock is given, whose time is another. */
  readonly loopClock?: LoopClock;
  readonly random?: Random;
  readonly environment?: Environment;
}

/**
 * The composition root: options and ports -> running parts. created -> started -> drained -> closed. It connects at
 * `start`, or at the first enqueue before it, which other modules may do while they boot.
 */
export class Warren implements WorkerFace {
  readonly settings: Settings;
  readonly jobs: JobQueue;
  readonly jobWorker = new JobWorker(this);
  private readonly broker: Broker;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly ids: IdSource;
  readonly logger: Logger;
  private readonly observers: Observers;
  private readonly workerName: string;
  private handlers: readonly HandlerRegistration[] = [];
  private worker: Worker | undefined;
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
    this.settings = resolveOptions(parts.options, parts.environment ?? readEnvironment(), {
      workerName: this.workerName,
    });
    this.ids = createIdSource(this.clock, this.random);
    this.observers = new Observers(this.logger);
    this.observers.add(jobLog(this.logger));
    this.observers.add(diagnosticsObserver());
    this.broker = this.createBroker();
    const topology = this.createTopology();
    this.bootCheck = new BootCheck(() => topology.inspect('boot', BOOT_CHECK_LIMIT_MS), this.logger);
    this.broker.onServer?.((server) => this.bootCheck.serverMet(server));
    this.jobs = new JobQueue({
      submit: this.createSubmit(),
      topology,
      openDeadLetters: (queue) => this.openDeadLetters(queue),
    });
  }

  /**
   * Takes the handlers of this process; once, before `start`.
   * @throws ConfigurationError listing every problem with class and method.
   */
  register(handlers: readonly HandlerRegistration[]): void {
    const problems = checkHandlers(handlers, this.settings);
    if (problems.length > 0) throw new ConfigurationError(problems);
    this.handlers = handlers;
  }

  /**
   * Connects, and takes jobs unless `worker` is false or `autoStart` is. Resolves when the first try to connect is
   * over: with the broker away, the application boots and Warren goes on trying. What fails closes it.
   * @throws WarrenError WARREN_ACCESS_REFUSED, WARREN_TOPOLOGY_MISMATCH.
   */
  async start(): Promise<void> {
    if (this.state !== 'created') return;
    this.state = 'started';
    try {
      await this.connect();
      const { worker } = this.settings;
      if (worker) this.worker = this.createWorker();
      if (worker && worker.autoStart && this.consumedQueues().length > 0) await this.startWorker();
      this.detached(() => this.bootCheck.booted());
    } catch (error) {
      // The first error is the one to tell.
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  /** Takes jobs, for those who set `autoStart: false`. One that failed may be called again. */
  async startWorker(): Promise<void> {
    if (this.state !== 'started') {
      throw new WarrenError(
        'WARREN_CLOSED',
        'startWorker(): Warren is not started or closed already. Call it after boot.',
      );
    }
    if (!this.worker) {
      throw new ConfigurationError([
        'startWorker(): this process has `worker: false`. Remove it from the options.',
      ]);
    }
    const { worker } = this;
    await this.detached(() => worker.start());
  }

  /** Takes nothing new, waits for what runs up to `shutdownTimeout`, gives back the rest. Enqueueing goes on. */
  async drain(): Promise<void> {
    await this.worker?.drain();
  }

  /** Drains, waits for publishes on their way, and disconnects. A broker that was given is closed by its owner. */
  async close(): Promise<void> {
    if (this.state === 'closed') return;
    await this.drain();
    this.state = 'closed';
    if (this.settings.broker.kind !== 'given') await this.broker.close();
  }

  /** Tells `observer` of every moment from now on. Returns the way to stop. */
  observe(observer: Observer): () => void {
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
    return this.settings.worker ? consumedQueues(this.handlers, this.settings) : [];
  }

  private connect(): Promise<void> {
    this.connecting ??= this.detached(() => {
      this.logger.info(brokerLine(this.settings));
      return this.broker.start();
    });
    return this.connecting;
  }

  private createBroker(): Broker {
    const { broker } = this.settings;
    const { clock, random, logger, detached } = this;
    switch (broker.kind) {
      case 'given':
        return broker.broker;
      case 'memory':
        return createMemoryBroker({ clock, detached });
      case 'rabbitmq':
        return createRabbitMqBroker(broker.rabbitmq, { clock, random, logger, detached });
    }
  }

  private createSubmit(): Submit {
    const { settings, broker, clock, ids, observers } = this;
    const middleware = this.parts.options.middleware?.enqueue ?? [];
    const submit = createSubmit({ settings, broker, clock, ids, observers, middleware, codec: jsonCodec });
    return (request) => {
      if (this.state === 'closed') return Promise.reject(closed());
      // Not awaited: publishes wait for the connection by themselves, and hear why there is none.
      if (this.state === 'created') this.connect().catch(() => undefined);
      return submit(request);
    };
  }

  private createWorker(): Worker {
    const { settings, broker, clock, ids, random, observers, logger, workerName } = this;
    if (!settings.worker) throw new WarrenError('WARREN_BUG', 'createWorker without worker settings');
    const middleware = this.parts.options.middleware?.run ?? [];
    const routes = new Routes(this.handlers, middleware, settings.queues);
    const memory = new SettledMemory();
    const runs = new RunsInProgress();
    const zombies = new Zombies();
    const timers = new TimerPool(clock);
    const codec = jsonCodec;
    const loopWatch = new LoopWatch({
      clock,
      observers,
      loop: this.parts.loopClock ?? (this.parts.clock ? undefined : systemLoopClock),
      connectionHeartbeatMs:
        settings.broker.kind === 'rabbitmq' ? settings.broker.rabbitmq.connectionHeartbeatMs : undefined,
    });
    const parts = {
      settings,
      broker,
      clock,
      ids,
      random,
      observers,
      logger,
      workerName,
      routes,
      timers,
      memory,
      runs,
      loopWatch,
      zombies,
      codec,
    };
    return new Worker(this.consumedQueues(), settings.worker, parts);
  }

  private createTopology(): Topology {
    const { broker, clock, settings } = this;
    const connected = async () => {
      if (this.state === 'closed') throw closed();
      await this.connect();
    };
    return new Topology({ broker, clock, connected, needs: () => queueNeeds(settings, this.handlers) });
  }

  private openDeadLetters(queue: string): DeadLetters {
    if (!isQueueName(queue)) {
      throw new ConfigurationError([`deadLetters(${JSON.stringify(queue)}): this is no queue name.`]);
    }
    const { broker, clock, ids, settings } = this;
    const connected = async () => {
      if (this.state === 'closed') throw closed();
      await this.connect();
    };
    const ensureQueue = async (name: string) => {
      await connected();
      await broker.ensureQueue(settings.queues.settingsOf(name).spec);
    };
    return new DeadLetters(queue, { broker, clock, ids, connected, ensureQueue });
  }
}

function closed(): WarrenError {
  return new WarrenError('WARREN_CLOSED', 'The application has shut down: no job can be enqueued any more.');
}
