import { closest } from '../kernel/closest.js';
import type { Clock } from '../kernel/clock.js';
import { parseDuration, type Duration } from '../kernel/duration.js';
import { WarrenError, describeError, isWarrenError } from '../kernel/errors/index.js';
import { changesOf, requireKey, requireName, type QueueOverrides } from '../options/overrides.js';
import { isCapOption, splitPatch } from '../options/cap-overrides.js';
import { isRecord } from '../options/describe.js';
import type { CancelOptions } from '../options/reading.js';
import type { Settings } from '../options/settings.js';
import type { Broker, QueueStats } from '../ports/broker.js';
import type { JobStore } from '../ports/job-store.js';
import { refuseFixed } from './fixed-settings.js';
import { QueueCapsDoor } from './queue-caps.js';
import { queueOverview, type OverviewOptions, type QueueSummary } from './queue-overview.js';
import { purgeQueue, type PurgeOptions, type PurgeResult } from './queue-purge.js';
import { settingViews, type QueueView } from './queue-view.js';
import type { SettingHold, SettingsDoor } from './settings-door.js';
import { reportsOf, waitForWorkers } from './wait-for-workers.js';
import { requireRegistry } from './workers.js';

export interface QueuesParts {
  readonly settings: Pick<Settings, 'app' | 'queues'>;
  readonly broker: Broker;
  readonly store: JobStore | undefined;
  readonly clock: Clock;
  readonly connected: () => Promise<void>;
  readonly door: SettingsDoor;
  /** Before workers are looked at. */
  readonly refresh: () => Promise<void>;
  /** Queues that this process takes jobs from. */
  readonly consumedQueues: () => readonly string[];
  /** As `jobs.cancel`. */
  readonly cancel: (id: string, options: CancelOptions) => Promise<unknown>;
}

export interface DrainOptions {
  /** Longest wait. Default 1 min. */
  readonly timeout?: Duration;
}

/** What operators do to whole queues while jobs run. */
export class Queues {
  private readonly caps: QueueCapsDoor;

  constructor(private readonly parts: QueuesParts) {
    this.caps = new QueueCapsDoor(parts.broker);
  }

  /**
   * Sets what the patch says for the queue in all processes, over all options, until it is reset. They follow within
   * 2 s. Resolves when this process does so: `kept` in the job store, or `told` to the processes that run, where there
   * is none.
   * @throws ConfigurationError listing every problem of the patch; WarrenError WARREN_QUEUE_NOT_FOUND,
   * WARREN_STORE_UNAVAILABLE, WARREN_NOT_CONNECTED. Limits that the broker keeps (`maxLength`, `messageTtl` and the like)
   * are set there, and can only be lowered: WARREN_QUEUE_FIXED says what can be done otherwise, with the command where
   * `managementUrl` is not given; WARREN_MANAGEMENT_FAILED.
   */
  configure(name: string, patch: QueueOverrides): Promise<SettingHold> {
    return this.set(name, patch, 'jobs.queues.configure');
  }

  /**
   * Takes back what was set for the queue at run time: one setting, or all. Resolves and throws as `configure`; a queue
   * for which nothing is set may be unknown.
   */
  async reset(name: string, key?: keyof QueueOverrides): Promise<SettingHold> {
    const place = 'jobs.queues.reset';
    requireName('queue', name, place);
    const { spec } = this.parts.settings.queues.settingsOf(name);
    if (key !== undefined && isCapOption(key)) {
      await this.known(name, place);
      await this.caps.reset(key, spec, place);
      return 'kept';
    }
    if (key !== undefined) requireKey('queue', key, place);
    const set = await this.parts.door.settings('queue', name);
    const keys = key === undefined ? set.map((setting) => setting.key) : [key];
    const changes = keys.map((each) => ({ scope: 'queue', name, key: each, value: undefined }) as const);
    const { hold } = await this.parts.door.change(changes);
    if (key === undefined) await this.caps.reset(undefined, spec, place);
    return hold;
  }

  /**
   * No worker takes jobs from the queue any more, until `resume`; what runs goes on. Jobs go on to be enqueued, and
   * delayed ones to come due; their deadlines and ttl run on. Resolves and throws as `configure`.
   */
  pause(name: string): Promise<SettingHold> {
    return this.set(name, { paused: true }, 'jobs.queues.pause');
  }

  /** Takes `pause` back. */
  resume(name: string): Promise<SettingHold> {
    return this.set(name, { paused: false }, 'jobs.queues.resume');
  }

  /**
   * Pauses the queue, and waits until no worker runs jobs of it any more. It stays paused.
   * @throws as `pause`; WarrenError WARREN_NOT_DRAINED after `timeout`, WARREN_NO_STORE where nobody could see that.
   */
  async drain(name: string, { timeout = '1m' }: DrainOptions = {}): Promise<void> {
    const place = 'jobs.queues.drain';
    const timeoutMs = parseDuration(timeout, `${place}: timeout`);
    const registry = requireRegistry(this.parts.store, place);
    await this.known(name, place);
    const { version = 0 } = await this.parts.door.change(changesOf('queue', name, { paused: true }, place));
    await waitForWorkers({
      registry,
      clock: this.parts.clock,
      timeoutMs,
      ask: () => this.parts.refresh(),
      what: `${place}('${name}'): that no job of it runs`,
      busy: ({ queues, settingsVersion = 0 }) => {
        const own = queues.find(({ queue }) => queue === name);
        if (!own) return undefined;
        if (settingsVersion < version) return 'has not heard of it yet';
        return own.busy > 0 ? `runs ${own.busy}` : undefined;
      },
    });
  }

  /**
   * The queues of the application, by name, with what waits and runs in each: those of the options, of workers, of the
   * job store, of what was set at run time, and, where the broker can be asked, of the broker. What cannot be had of a
   * queue is undefined.
   * @throws WarrenError WARREN_NOT_CONNECTED.
   */
  async list(options: OverviewOptions = {}): Promise<readonly QueueSummary[]> {
    await this.parts.connected();
    const { settings, consumedQueues } = this.parts;
    const own = [...settings.queues.listed, ...consumedQueues()];
    return queueOverview({ ...this.parts, own }, options);
  }

  /**
   * Drops what waits in the queue: not what runs, and not what is not yet due. With a job store those jobs are
   * `cancelled` there, and jobs that are enqueued meanwhile may be among them.
   * @throws WarrenError WARREN_QUEUE_NOT_FOUND, WARREN_NOT_CONNECTED, WARREN_CONFIGURATION where the broker cannot do
   * it; WARREN_STORE_UNAVAILABLE behind the broker's part.
   */
  async purge(name: string, options: PurgeOptions = {}): Promise<PurgeResult> {
    await this.known(name, 'jobs.queues.purge');
    return purgeQueue(this.parts, name, options);
  }

  /**
   * Each setting of the queue with its value and who decided it, and what waits there.
   * @throws WarrenError WARREN_QUEUE_NOT_FOUND, WARREN_STORE_UNAVAILABLE, WARREN_NOT_CONNECTED.
   */
  async view(name: string): Promise<QueueView> {
    const stats = await this.known(name, 'jobs.queues.view');
    const overrides = await this.parts.door.settings('queue', name);
    const declared = settingViews(name, this.parts.settings, overrides);
    const settings = { ...declared, ...(await this.caps.views(name, declared)) };
    return {
      name,
      isPaused: settings['paused']?.value === true,
      settings,
      ready: stats?.ready,
      deadLetters: stats?.deadLetters,
      consumers: stats?.consumers,
    };
  }

  private async set(name: string, patch: QueueOverrides, place: string): Promise<SettingHold> {
    requireName('queue', name, place);
    const { spec } = this.parts.settings.queues.settingsOf(name);
    const { caps, rest } = splitPatch(patch);
    if (isRecord(patch)) refuseFixed(patch, spec, place);
    const hasCaps = Object.keys(caps).length > 0;
    const cap = hasCaps ? this.caps.planned(caps, spec, place) : undefined;
    const isAllSaid = hasCaps && Object.keys(rest).length === 0;
    const changes = isAllSaid ? [] : changesOf('queue', name, rest, place);
    await this.known(name, place);
    await cap?.();
    // The broker keeps it.
    if (isAllSaid) return 'kept';
    return (await this.parts.door.change(changes)).hold;
  }

  /** A setting for a queue that nobody has would wait for ever for its typo to come true. */
  private async known(name: string, place: string): Promise<QueueStats | undefined> {
    requireName('queue', name, place);
    const { settings, broker, connected, store, consumedQueues } = this.parts;
    await connected();
    const own = [...settings.queues.listed, ...consumedQueues()];
    try {
      return await broker.stats(name);
    } catch (error) {
      if (own.includes(name)) return undefined;
      if (isWarrenError(error, 'WARREN_NOT_CONNECTED') || isWarrenError(error, 'WARREN_CLOSED')) throw error;
      const workers = store?.registry ? await reportsOf(store.registry) : [];
      const others = workers.flatMap(({ queues }) => queues.map(({ queue }) => queue));
      if (others.includes(name)) return undefined;
      throw unknownQueue(name, place, [...own, ...others], error);
    }
  }
}

function unknownQueue(name: string, place: string, known: readonly string[], cause: unknown): WarrenError {
  const meant = closest(name, known);
  const names = [...new Set(known)].sort().join(', ') || 'none';
  return new WarrenError(
    'WARREN_QUEUE_NOT_FOUND',
    `${place}('${name}'): neither the options nor any worker know this queue, and the broker said: ${describeError(cause).message} ${meant === undefined ? `Known: ${names}.` : `Did you mean '${meant}'?`}`,
    { cause, details: { queue: name } },
  );
}
