import type { Clock } from '../../kernel/clock.js';
import type {
  RegistryStore,
  SettingChange,
  StoredSetting,
  StoredSettings,
  WorkerNote,
} from '../../ports/store-registry.js';
import type { Answer } from './answer.js';

interface Announced extends WorkerNote {
  readonly untilMs: number;
}

/** What stores of one process share. */
export class RegistryGround {
  version = 0;
  readonly settings = new Map<string, StoredSetting>();
  readonly workers = new Map<string, Announced>();
}

export class MemoryRegistry implements RegistryStore {
  constructor(
    private readonly ground: RegistryGround,
    private readonly clock: Clock,
    private readonly answer: Answer,
  ) {}

  change(changes: readonly SettingChange[]): Promise<number> {
    return this.answer(() => {
      const { ground } = this;
      for (const { scope, name, key, value } of changes) {
        const place = JSON.stringify([scope, name, key]);
        if (value === undefined) ground.settings.delete(place);
        else ground.settings.set(place, Object.freeze({ scope, name, key, value }));
      }
      ground.version = Math.max(ground.version + 1, this.clock.now());
      return ground.version;
    });
  }

  settings(known: number | undefined): Promise<StoredSettings | undefined> {
    return this.answer(() => {
      const { version, settings } = this.ground;
      return version === known ? undefined : { version, settings: [...settings.values()] };
    });
  }

  announce({ id, text }: WorkerNote, ttlMs: number): Promise<void> {
    return this.answer(() => {
      this.forgetGone();
      this.ground.workers.set(id, Object.freeze({ id, text, untilMs: this.clock.now() + ttlMs }));
    });
  }

  withdraw(id: string): Promise<void> {
    return this.answer(() => void this.ground.workers.delete(id));
  }

  workers(): Promise<readonly WorkerNote[]> {
    return this.answer(() => {
      this.forgetGone();
      return [...this.ground.workers.values()].map(({ id, text }) => ({ id, text }));
    });
  }

  private forgetGone(): void {
    const now = this.clock.now();
    for (const [id, { untilMs }] of this.ground.workers) {
      if (untilMs <= now) this.ground.workers.delete(id);
    }
  }
}
