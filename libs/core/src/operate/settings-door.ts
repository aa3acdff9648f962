import { WarrenError } from '../kernel/errors/index.js';
import { ruleChangeOf } from '../options/limit-overrides.js';
import type { JobStore } from '../ports/job-store.js';
import type { SettingChange, SettingScope, StoredSetting } from '../ports/store-registry.js';

/**
 * `kept`: it is in the job store, so it holds in processes to come and until it is taken back. `told`: there is no store
 * for it, so that it holds in the processes that run now, as far as they heard it, and ends with each of them.
 */
export type SettingHold = 'kept' | 'told';

export interface SettingsDoorParts {
  /** Undefined: nothing keeps settings. */
  readonly store: JobStore | undefined;
  /** Resolves when store and broker may be asked. */
  readonly connected: () => Promise<void>;
  /** Tells all processes; resolves when this one does so. */
  readonly changed: (changes: readonly SettingChange[]) => Promise<void>;
  /** What this process heard, where nothing keeps settings. */
  readonly heard: () => readonly StoredSetting[];
}

/** The way of those who turn something while jobs run. */
export class SettingsDoor {
  constructor(private readonly parts: SettingsDoorParts) {}

  /**
   * @throws WarrenError WARREN_STORE_UNAVAILABLE: nothing is changed, as far as is known; WARREN_NO_STORE: of a limit,
   * where nothing counts for all workers.
   */
  async change(
    changes: readonly SettingChange[],
  ): Promise<{ readonly hold: SettingHold; readonly version: number | undefined }> {
    await this.parts.connected();
    const { store } = this.parts;
    const rules = changes.flatMap((change) => ruleChangeOf(change) ?? []);
    if (rules.some(({ limit }) => limit !== undefined) && !store?.limits) throw noLimits(store);
    const version = await store?.registry?.change(changes);
    // Holds in all workers at once, before they look.
    for (const { rule, limit } of rules) await store?.limits?.configure(rule, limit);
    await this.parts.changed(changes);
    return { hold: version === undefined ? 'told' : 'kept', version };
  }

  /** Of one queue or type, or all of a scope. */
  async settings(scope: SettingScope, name?: string): Promise<readonly StoredSetting[]> {
    await this.parts.connected();
    const stored = await this.parts.store?.registry?.settings(undefined);
    const all = stored?.settings ?? this.parts.heard();
    return all.filter((setting) => setting.scope === scope && (name === undefined || setting.name === name));
  }
}

function noLimits(store: JobStore | undefined): WarrenError {
  return new WarrenError(
    'WARREN_NO_STORE',
    store
      ? `Limits over all workers need the facet 'limits', which the job store given (${store.kind}) does not have. Give a store that has it.`
      : 'Limits over all workers need a job store, and this connection has none. Give one: JobsModule.forRoot({ store: new RedisJobStore({ url }) }).',
  );
}
