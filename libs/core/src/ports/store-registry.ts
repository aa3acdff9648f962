/** What operators turn while jobs run, and who runs them. */
export interface RegistryStore {
  /**
   * Changes settings, all at once, in their order; gives the version of what is set now. Versions rise, also when the
   * store was emptied in between (by its own clock).
   */
  change(changes: readonly SettingChange[]): Promise<number>;

  /** All that is set; undefined when that is still the version that the caller knows. 0 is that of a store in which nothing was ever set. */
  settings(known: number | undefined): Promise<StoredSettings | undefined>;

  /** A worker says how it does: it is among `workers` for `ttlMs` from now, by the store's own clock. */
  announce(worker: WorkerNote, ttlMs: number): Promise<void>;

  /** It ends: it is no longer among them. One that is unknown changes nothing. */
  withdraw(id: string): Promise<void>;

  /** Those that announced themselves and whose time is not over, in any order. */
  workers(): Promise<readonly WorkerNote[]>;
}

/** What a setting is of: a queue, or the jobs of a type (or of a prefix that ends in a colon) in all queues. */
export type SettingScope = 'queue' | 'type';

/** Which setting. Names and keys are any text of 1 to 255 bytes. */
export interface SettingName {
  readonly scope: SettingScope;
  readonly name: string;
  readonly key: string;
}

export interface SettingChange extends SettingName {
  /** JSON text, kept as given; undefined takes the setting away. */
  readonly value: string | undefined;
}

export interface StoredSetting extends SettingName {
  readonly value: string;
}

export interface StoredSettings {
  readonly version: number;
  readonly settings: readonly StoredSetting[];
}

export interface WorkerNote {
  /** 1 to 255 bytes. */
  readonly id: string;
  /** JSON text, kept as given. */
  readonly text: string;
}
