import { Announcer } from '../control/announcer.js';
import type { Command } from '../control/commands.js';
import { sendCommand } from '../control/listener.js';
import { RunTimeSettings } from '../control/run-time-settings.js';
import { SettingsWatch } from '../control/settings-watch.js';
import type { Clock, LoopClock } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import type { Logger } from '../kernel/logger.js';
import type { WorkerSettings } from '../options/settings.js';
import type { RegistryStore, SettingChange } from '../ports/store-registry.js';
import type { Signals } from '../ports/signals.js';
import type { Worker } from '../worker/worker.js';
import { stopThisProcess } from './stop-process.js';

export interface RunTimeParts {
  readonly clock: Clock;
  readonly detached: Detached;
  readonly logger: Logger;
  /** The main thread takes the jobs: this one applies nothing. */
  readonly isInThread: boolean;
  /** Of this life of the process. */
  readonly workerId: string;
  readonly workerName: string;
  readonly signals: Signals | undefined;
  /** Undefined: there is no store, or it lacks that facet. */
  readonly registry: () => RegistryStore | undefined;
  /** Whether the store knows this process alone: then nothing is looked for or told by the clock. */
  readonly isStoreLocal: () => boolean;
  readonly worker: () => Worker | undefined;
  readonly loop: LoopClock | undefined;
}

/**
 * What operators turn while jobs run, in this process: it keeps the settings, makes the worker follow them, and tells the
 * store how the worker does. created -> started -> announced -> closed.
 */
export class RunTime {
  readonly settings: RunTimeSettings;
  private watch: SettingsWatch | undefined;
  private announcer: Announcer | undefined;
  private adjusting: Promise<unknown> = Promise.resolve();
  private isClosed = false;
  private isStopping = false;

  constructor(private readonly parts: RunTimeParts) {
    this.settings = new RunTimeSettings(parts.logger);
    this.settings.onChange(() => this.follow());
  }

  /** How this process runs jobs, with what is set at run time over what its options say. */
  over(worker: WorkerSettings): WorkerSettings {
    const { settings } = this;
    return {
      ...worker,
      concurrencyOf: (queue) =>
        (settings.valueOf('queue', queue, 'concurrency') as number | undefined) ??
        worker.concurrencyOf(queue),
    };
  }

  /** For a process that takes jobs: resolves when it knows what is set, or that the store does not answer. */
  async start(): Promise<void> {
    const { registry, clock, detached, logger, isStoreLocal } = this.parts;
    const found = registry();
    if (!found || this.watch) return;
    const looksByItself = !isStoreLocal();
    const { settings } = this;
    this.watch = new SettingsWatch({ registry: found, settings, clock, detached, logger, looksByItself });
    await this.watch.start();
  }

  /** The worker takes jobs from now on. */
  async workerStarted(): Promise<void> {
    const { registry: find, worker: current, workerId, workerName, clock, detached } = this.parts;
    const registry = find();
    const worker = current();
    if (!registry || !worker || this.announcer || this.isClosed) return;
    const settingsVersion = () => this.settings.version;
    const id = workerId;
    const speaksByItself = !this.parts.isStoreLocal();
    const loop = speaksByItself ? this.parts.loop : undefined;
    const of = { id, workerName, registry, worker, settingsVersion, clock, detached, loop, speaksByItself };
    this.announcer = new Announcer(of);
    await this.announcer.announce();
  }

  /** Before workers are read from a store that they tell nothing by the clock. */
  async refresh(): Promise<void> {
    if (this.parts.isStoreLocal()) await this.announcer?.announce();
  }

  /** Something was set: tells the others, and resolves when this process does so. */
  async changed(changes: readonly SettingChange[]): Promise<void> {
    const { signals } = this.parts;
    if (signals) sendCommand(signals, { kind: 'settings', changes });
    await this.take(changes);
  }

  /** To a worker by its id or `host:process id`; all processes hear it. */
  tell(command: Extract<Command, { readonly kind: 'quiet' | 'wake' | 'stop' }>): void {
    const { signals } = this.parts;
    if (signals) sendCommand(signals, command);
    else this.obey(command);
  }

  obey(command: Command): void {
    if (command.kind === 'settings') void this.take(command.changes);
    if (command.kind === 'quiet' || command.kind === 'wake')
      this.hush(command.worker, command.kind === 'quiet');
    if (command.kind === 'stop') this.stop(command.worker);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.watch?.close();
    await this.announcer?.close();
  }

  private async take(changes: readonly SettingChange[]): Promise<void> {
    if (this.parts.isInThread || this.isClosed) return;
    if (this.watch) await this.watch.look();
    // What is not kept anywhere is known to those that hear it.
    else if (!this.parts.registry()) this.settings.hear(changes);
    await this.adjusting;
  }

  private follow(): void {
    const worker = this.parts.worker();
    if (worker) this.adjusting = this.tellAfter(worker.adjust());
  }

  private hush(who: string, isHushed: boolean): void {
    const { workerId, workerName, logger, worker: current } = this.parts;
    const worker = current();
    if (!worker || (who !== workerId && who !== workerName) || worker.isQuiet === isHushed) return;
    logger.info(
      isHushed ? 'Worker is quiet: it takes no new jobs until it is woken' : 'Worker takes jobs again',
    );
    this.adjusting = this.tellAfter(worker.hush(isHushed));
  }

  /** Said again while it ends, it changes nothing. */
  private stop(who: string): void {
    const { workerId, workerName, logger, worker: current } = this.parts;
    const worker = current();
    if (!worker || (who !== workerId && who !== workerName) || this.isStopping) return;
    this.isStopping = true;
    if (stopThisProcess()) {
      logger.info('An operator asked this process to end: it does as for SIGTERM');
      return;
    }
    logger.warn(
      'An operator asked this process to end, and nothing in it listens to SIGTERM: its worker drains, and the process stays',
    );
    this.adjusting = worker.drain().then(() => this.announcer?.close());
  }

  private async tellAfter(done: Promise<void>): Promise<void> {
    await done;
    await this.announcer?.announce();
  }
}
