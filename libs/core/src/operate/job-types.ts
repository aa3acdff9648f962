import type { Clock } from '../kernel/clock.js';
import { parseDuration } from '../kernel/duration.js';
import {
  changesOf,
  readOverride,
  requireKey,
  requireName,
  type TypeOverrides,
} from '../options/overrides.js';
import type { JobStore } from '../ports/job-store.js';
import type { DrainOptions } from './queues.js';
import type { SettingHold, SettingsDoor } from './settings-door.js';
import { waitForWorkers } from './wait-for-workers.js';
import { requireRegistry } from './workers.js';

export interface JobTypesParts {
  readonly store: JobStore | undefined;
  readonly clock: Clock;
  readonly door: SettingsDoor;
  /** Before workers are looked at. */
  readonly refresh: () => Promise<void>;
}

/** What operators do to the jobs of a type, in whatever queue they are, while others run. */
export class JobTypes {
  constructor(private readonly parts: JobTypesParts) {}

  /**
   * Sets what the patch says for jobs of the type, or of all types with that prefix (`email:`), in all processes, until it
   * is reset. They follow within 2 s. Resolves when this process does so, with `kept` or `told` as of a queue.
   * @throws ConfigurationError listing every problem; WarrenError WARREN_STORE_UNAVAILABLE.
   */
  configure(type: string, patch: TypeOverrides): Promise<SettingHold> {
    return this.set(type, patch, 'jobs.types.configure');
  }

  /** Takes back what was set for the type: one setting, or all. */
  async reset(type: string, key?: keyof TypeOverrides): Promise<SettingHold> {
    const place = 'jobs.types.reset';
    requireName('type', type, place);
    if (key !== undefined) requireKey('type', key, place);
    const set = await this.parts.door.settings('type', type);
    const keys = key === undefined ? set.map((setting) => setting.key) : [key];
    const changes = keys.map((each) => ({ scope: 'type', name: type, key: each, value: undefined }) as const);
    return (await this.parts.door.change(changes)).hold;
  }

  /**
   * No worker runs jobs of the type any more, until `resume`; what runs goes on, and so do other types of its queues. Those
   * that wait are looked at again every 5 to 60 s, which spends no attempt. Resolves and throws as `configure`.
   */
  pause(type: string): Promise<SettingHold> {
    return this.set(type, { paused: true }, 'jobs.types.pause');
  }

  /** Takes `pause` back: the jobs that waited run within 5 s, and within 60 s where there are many. */
  resume(type: string): Promise<SettingHold> {
    return this.set(type, { paused: false }, 'jobs.types.resume');
  }

  /**
   * Pauses the type, and waits until no worker runs jobs of it any more. It stays paused.
   * @throws as `pause`; WarrenError WARREN_NOT_DRAINED after `timeout`, WARREN_NO_STORE where nobody could see that.
   */
  async drain(type: string, { timeout = '1m' }: DrainOptions = {}): Promise<void> {
    const place = 'jobs.types.drain';
    requireName('type', type, place);
    const timeoutMs = parseDuration(timeout, `${place}: timeout`);
    const registry = requireRegistry(this.parts.store, place);
    const { version = 0 } = await this.parts.door.change(changesOf('type', type, { paused: true }, place));
    const isOf = (other: string): boolean => other === type || (type.endsWith(':') && other.startsWith(type));
    await waitForWorkers({
      registry,
      clock: this.parts.clock,
      timeoutMs,
      ask: () => this.parts.refresh(),
      what: `${place}('${type}'): that no job of it runs`,
      busy: ({ queues, settingsVersion = 0 }) => {
        if (settingsVersion < version) return 'has not heard of it yet';
        const running = queues
          .flatMap(({ types }) => Object.entries(types))
          .reduce((sum, [other, count]) => sum + (isOf(other) ? count : 0), 0);
        return running > 0 ? `runs ${running}` : undefined;
      },
    });
  }

  /** Types and prefixes that are paused now. @throws WarrenError WARREN_STORE_UNAVAILABLE. */
  async paused(): Promise<readonly string[]> {
    const settings = await this.parts.door.settings('type');
    return settings
      .filter((setting) => {
        const read = setting.key === 'paused' ? readOverride(setting, setting.value) : undefined;
        return read?.kind === 'value' && read.value === true;
      })
      .map(({ name }) => name)
      .sort();
  }

  private async set(type: string, patch: TypeOverrides, place: string): Promise<SettingHold> {
    requireName('type', type, place);
    return (await this.parts.door.change(changesOf('type', type, patch, place))).hold;
  }
}
