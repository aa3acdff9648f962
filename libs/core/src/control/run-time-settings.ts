import type { LimitPatch, LimitOverride } from '../worker/limits/index.js';
import { patternsFor } from '../job/type-name.js';
import type { Logger } from '../kernel/logger.js';
import { LIMIT_OVERRIDES } from '../options/limit-overrides.js';
import { readOverride } from '../options/overrides.js';
import type {
  SettingChange,
  SettingName,
  SettingScope,
  StoredSetting,
  StoredSettings,
} from '../ports/store-registry.js';

/**
 * What operators have set while jobs run, as this process knows it. With a store it is what the store last said; without
 * one it is what this process heard since its start. Values are checked when they arrive: what this version does not
 * understand is left out, and said once.
 */
export class RunTimeSettings {
  private values = new Map<string, unknown>();
  private texts = new Map<string, StoredSetting>();
  private pausedTypes = new Set<string>();
  private limitOverrides: readonly LimitOverride[] = [];
  private listeners: ReadonlyArray<() => void> = [];
  private readonly complained = new Set<string>();

  /** Of what the store last said; undefined: nothing was heard of it. */
  version: number | undefined;

  constructor(private readonly logger: Logger) {}

  /** Resolved; undefined: it is as the options say. */
  valueOf(scope: SettingScope, name: string, key: string): unknown {
    return this.values.size === 0 ? undefined : this.values.get(placeOf({ scope, name, key }));
  }

  isPausedQueue(queue: string): boolean {
    return this.valueOf('queue', queue, 'paused') === true;
  }

  /** Of a type itself, or by a prefix of it. Asked for every job. */
  isPausedType(type: string): boolean {
    const { pausedTypes } = this;
    if (pausedTypes.size === 0) return false;
    return pausedTypes.has(type) || patternsFor(type).some((pattern) => pausedTypes.has(pattern));
  }

  get limits(): readonly LimitOverride[] {
    return this.limitOverrides;
  }

  /** As they came; without those that were taken away. */
  get all(): readonly StoredSetting[] {
    return [...this.texts.values()];
  }

  /** Calls back after each change, until the returned function is called. Must not throw. */
  onChange(listener: () => void): () => void {
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  /** All that is set. */
  replaceBy({ version, settings }: StoredSettings): void {
    this.version = version;
    this.take(new Map(settings.map((setting) => [placeOf(setting), setting])));
  }

  /** Without a store. */
  hear(changes: readonly SettingChange[]): void {
    const texts = new Map(this.texts);
    for (const { scope, name, key, value } of changes) {
      const place = placeOf({ scope, name, key });
      if (value === undefined) texts.delete(place);
      else texts.set(place, { scope, name, key, value });
    }
    this.take(texts);
  }

  private take(texts: Map<string, StoredSetting>): void {
    const values = new Map<string, unknown>();
    const pausedTypes = new Set<string>();
    const limits = new Map<string, LimitOverride>();
    for (const [place, setting] of texts) {
      const read = readOverride(setting, setting.value);
      if (read.kind === 'problem') this.complainOnce(read.problem);
      else values.set(place, read.value);
      const isPause = setting.scope === 'type' && setting.key === 'paused';
      if (isPause && values.get(place) === true) pausedTypes.add(setting.name);
      if (Object.hasOwn(LIMIT_OVERRIDES, setting.key) && values.has(place)) {
        addLimit(limits, setting, values.get(place));
      }
    }
    this.texts = texts;
    this.values = values;
    this.pausedTypes = pausedTypes;
    this.limitOverrides = [...limits.values()];
    for (const listener of this.listeners) listener();
  }

  private complainOnce(problem: string): void {
    if (this.complained.has(problem)) return;
    this.complained.add(problem);
    this.logger.warn(
      `A setting changed at run time is not applied here: ${problem}. Set it anew, or take it away: jobs.queues.reset(name, key).`,
    );
  }
}

function addLimit(
  limits: Map<string, LimitOverride>,
  { scope: kind, name, key }: SettingName,
  value: unknown,
): void {
  const scope = { kind, name };
  const id = JSON.stringify(scope);
  const patch: LimitPatch = { ...limits.get(id)?.patch, [key]: value };
  limits.set(id, { scope, patch });
}

function placeOf({ scope, name, key }: SettingName): string {
  return `${scope}:${name.length}:${name}:${key}`;
}
