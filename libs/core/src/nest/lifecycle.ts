import type {
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleDestroy,
  OnModuleInit,
  Provider,
} from '@nestjs/common';
import { ExternalContextCreator, MetadataScanner, ModuleRef, ModulesContainer } from '@nestjs/core';
import { systemClock, type Timer } from '../kernel/clock.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import type { EnqueueOptions } from '../options/enqueue.js';
import type { JobQueue } from '../runtime/job-queue.js';
import type { Warren } from '../runtime/warren.js';
import type { CodeSchedule } from '../schedules/definition.js';
import type { HandlerRegistration } from '../worker/handler.js';
import { queueOfHandler } from '../worker/routes.js';
import { unprovidedHandlers } from './decorators/decorated-classes.js';
import { DEFAULT_CONNECTION, type HandlerMark } from './decorators/metadata.js';
import { discover, type Found, type FoundMethod, type Host } from './discovery.js';
import {
  connectionMadeTwice,
  connectionsOf,
  lifecycleToken,
  lifecyclesOf,
  modulesOfConnection,
  unknownConnections,
} from './connections.js';
import { bindEvent, checkEventMark } from './event-binding.js';
import { bindEnqueue } from './enqueue-binding.js';
import { checkEnqueueMark, enqueueOptions, withDefaults } from './enqueue-options.js';
import { misplacedHandler, oncePerClass, overriddenLine, unprovidedHandler } from './handler-checks.js';
import { compileHandlers, marksOf } from './handler-compiler.js';
import { JobContextCreator } from './job-context-creator.js';
import { codeScheduleOf } from './schedule-binding.js';

const HOOKS_CHECK_AFTER_MS = 1_000;

/**
 * Nest's hooks -> runtime. Bound when all other modules are initialised, started after all of them, drained before
 * any of them is destroyed, closed at the very end.
 */
export class Lifecycle
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private hooksCheck: Timer | undefined;
  /** Of `@OnJobEvent` methods. */
  private beginToListen: Array<() => () => void> = [];
  private stopListening: Array<() => void> = [];

  constructor(
    private readonly connection: string,
    private readonly warren: Warren,
    private readonly queue: JobQueue,
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    private readonly creator: ExternalContextCreator,
    private readonly scanner: MetadataScanner,
  ) {
    this.goFirstAndLast();
  }

  static provider(connection: string, warren: string, queue: ReturnType<() => unknown>): Provider {
    return {
      provide: lifecycleToken(connection),
      useFactory: (
        running: Warren,
        jobs: JobQueue,
        modules: ModulesContainer,
        moduleRef: ModuleRef,
        creator: ExternalContextCreator,
        scanner: MetadataScanner,
      ) => new Lifecycle(connection, running, jobs, modules, moduleRef, creator, scanner),
      inject: [warren, queue as string, ModulesContainer, ModuleRef, ExternalContextCreator, MetadataScanner],
    };
  }

  onModuleInit(): void {
    const madeTwice = connectionMadeTwice(this.modules, this.connection);
    if (madeTwice) throw new ConfigurationError([madeTwice]);
    const found = discover(this.modules, this.scanner);
    const known = connectionsOf(this.modules);
    // Told by one of the connections only.
    const problems = known[0] === this.connection ? unknownConnections(found, known) : [];
    this.bindProducers(found, problems);
    this.bindHandlers(found, problems);
    this.bindEvents(found, problems);
    if (problems.length > 0) throw new ConfigurationError([...new Set(problems)]);
    this.warnOfOverridden(found);
  }

  async onApplicationBootstrap(): Promise<void> {
    const all = this.lifecycles();
    this.warren.joinConnections(
      (name) => all.find(({ connection }) => connection === name)?.warren.hostConnection,
    );
    this.stopListening = this.beginToListen.map((begin) => begin());
    await this.warren.start();
    if (this.warren.consumedQueues().length === 0) return;
    // Most call enableShutdownHooks() once the application exists, which is after this.
    this.hooksCheck = systemClock.setTimer(HOOKS_CHECK_AFTER_MS, () => warnWithoutShutdownHooks(this.warren));
  }

  /** The first to be destroyed drains all: the others would go on starting jobs, and their waits would add up. */
  async onModuleDestroy(): Promise<void> {
    // Those that fail are told by their own call: draining again gives the same promise.
    await Promise.allSettled(this.lifecycles().map((other) => other.drain()));
    await this.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    for (const stop of this.stopListening) stop();
    await this.warren.close();
  }

  /** Of all connections of the application. */
  private lifecycles(): Lifecycle[] {
    return lifecyclesOf(this.modules).filter((other) => other instanceof Lifecycle);
  }

  private async drain(): Promise<void> {
    this.hooksCheck?.cancel();
    await this.warren.drain();
  }

  private bindProducers({ methods, properties }: Found, problems: string[]): void {
    for (const { host, name, place, enqueue } of methods) {
      if (!enqueue || !this.isMine(enqueue.options)) continue;
      problems.push(...checkEnqueueMark(enqueue, 'method', place, this.warren.settings));
      const instance = this.singleton(host, place, problems);
      if (!instance) continue;
      bindEnqueue(instance, name, {
        queue: this.queue,
        job: enqueue.job,
        options: enqueueOptions(enqueue.options),
        body: enqueue.original,
      });
    }
    for (const { host, place, mark } of properties) {
      if (!this.isMine(mark.options)) continue;
      problems.push(...checkEnqueueMark(mark, 'property', place, this.warren.settings));
      const instance = this.singleton(host, place, problems);
      if (!instance) continue;
      const defaults = enqueueOptions(mark.options);
      Object.defineProperty(instance, mark.property, {
        configurable: true,
        writable: true,
        value: (payload: unknown, options?: EnqueueOptions) =>
          this.queue.enqueue(mark.job as string, payload, withDefaults(defaults, options)),
      });
    }
  }

  private bindHandlers(found: Found, problems: string[]): void {
    const { settings, logger } = this.warren;
    if (!settings.worker) return;
    const parts = {
      creator: new JobContextCreator(this.creator),
      moduleRef: this.moduleRef,
      withGlobals: settings.globalEnhancers,
      logger,
    };
    const handlers: HandlerRegistration[] = [...this.warren.jobWorker.takeHandlers()];
    const mine = found.methods.filter((method) => this.marksOf(method).length > 0);
    const { once, problems: providedTwice } = oncePerClass(mine);
    problems.push(...providedTwice);
    for (const method of once) {
      const compiled = compileHandlers(method, this.marksOf(method), parts);
      if (typeof compiled === 'string') problems.push(compiled);
      else handlers.push(...compiled);
    }
    this.declareSchedules(found.methods, problems);
    problems.push(...found.misplaced.map(misplacedHandler));
    if (settings.unprovidedHandlers !== 'ignore') this.checkUnprovided(found, problems);
    try {
      this.warren.register(handlers);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(...error.problems);
    }
    if (problems.length > 0 || this.warren.isInThread) return;
    for (const handler of handlers) logger.info(this.mappedLine(handler));
  }

  private declareSchedules(methods: readonly FoundMethod[], problems: string[]): void {
    const declared: CodeSchedule[] = [];
    for (const found of methods) {
      for (const mark of found.schedules) {
        if (!this.isMine(mark.options ?? {})) continue;
        const schedule = codeScheduleOf(mark, found, marksOf(found));
        if (typeof schedule === 'string') problems.push(schedule);
        else declared.push(schedule);
      }
    }
    try {
      this.warren.scheduling.declare(declared);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(...error.problems);
    }
  }

  private bindEvents({ methods }: Found, problems: string[]): void {
    for (const found of methods) {
      for (const mark of found.events) {
        const isRecord = typeof mark.options === 'object' && mark.options !== null;
        if (isRecord && !this.isMine(mark.options)) continue;
        problems.push(...checkEventMark(mark, found));
        this.beginToListen.push(() => bindEvent(mark, found, this.warren));
      }
    }
  }

  private checkUnprovided({ provided, misplaced }: Found, problems: string[]): void {
    const { settings, logger } = this.warren;
    for (const place of unprovidedHandlers(provided)) {
      if (misplaced.includes(place)) continue;
      const line = unprovidedHandler(place);
      if (settings.unprovidedHandlers === 'error') problems.push(line);
      else logger.warn(line);
    }
  }

  /** Instances made for each request would have to be bound one by one. */
  private singleton({ instance }: Host, place: string, problems: string[]): object | undefined {
    if (!instance) {
      problems.push(
        `${place}: @Enqueue needs a singleton, but this class is made for each request (its own scope, or that of something it injects). Inject JobQueue and call enqueue, or move the method.`,
      );
    }
    return instance;
  }

  private marksOf(method: FoundMethod): readonly HandlerMark[] {
    return marksOf(method).filter(({ options }) => this.isMine(options));
  }

  private warnOfOverridden({ overridden }: Found): void {
    const { settings, logger } = this.warren;
    for (const hidden of overridden) {
      const { enqueue } = hidden;
      const handlers = settings.worker ? hidden.handlers.filter(({ options }) => this.isMine(options)) : [];
      const mine = {
        ...hidden,
        handlers,
        enqueue: enqueue && this.isMine(enqueue.options) ? enqueue : undefined,
      };
      if (handlers.length > 0 || mine.enqueue) logger.warn(overriddenLine(mine));
    }
  }

  private isMine({ connection = DEFAULT_CONNECTION }: { readonly connection?: string }): boolean {
    return connection === this.connection;
  }

  private mappedLine(handler: HandlerRegistration): string {
    const queue = queueOfHandler(handler);
    const where = handler.options.isolation === 'thread' ? ', in threads' : '';
    return `Mapped {${handler.pattern}} -> ${handler.place} (queue ${queue}, ${this.warren.concurrencyOf(queue)} at once${where})`;
  }

  /**
   * Nest initialises modules by falling and destroys them by rising distance from the root; global ones are last
   * to be destroyed. Below all others, our module is initialised last and destroyed first: the drain ends before the
   * application's database goes. An internal field, guarded by a test.
   */
  private goFirstAndLast(): void {
    const own = modulesOfConnection(this.modules, this.connection)[0];
    if (own && typeof own.distance === 'number') own.distance = -1;
    else {
      this.warren.logger.warn(
        'This version of Nest does not let Warren be destroyed first: what handlers use may close before they are done. Call JobWorker.drain() before app.close().',
      );
    }
  }
}

function warnWithoutShutdownHooks({ logger }: Warren): void {
  if (process.listenerCount('SIGTERM') > 0) return;
  logger.warn(
    'This worker does not listen to SIGTERM: jobs will be cut off when it is stopped. Call app.enableShutdownHooks(), or start it with bootstrapWorker(AppModule).',
  );
}
