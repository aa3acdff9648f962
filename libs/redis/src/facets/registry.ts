import type {
  RegistryStore,
  SettingChange,
  SettingName,
  StoredSetting,
  StoredSettings,
  WorkerNote,
} from 'nestjs-warren/ports';
import type { Keys } from '../keys.js';
import type { ScriptRunner } from '../script-runner.js';
import * as scripts from '../scripts/registry.js';

export class RedisRegistry implements RegistryStore {
  constructor(
    private readonly runner: ScriptRunner,
    private readonly keys: Keys,
  ) {}

  async change(changes: readonly SettingChange[]): Promise<number> {
    const args = changes.flatMap((change) => [fieldOf(change), change.value]);
    return Number(await this.runner.runOne(scripts.changeSettings, { key: this.keys.settings, args }));
  }

  async settings(known: number | undefined): Promise<StoredSettings | undefined> {
    const answer = await this.runner.runOne(scripts.readSettings, { key: this.keys.settings, args: [known] });
    return Array.isArray(answer) ? settingsOf(answer as string[]) : undefined;
  }

  async announce({ id, text }: WorkerNote, ttlMs: number): Promise<void> {
    const args = [id, text, Math.max(1, Math.ceil(ttlMs))];
    await this.runner.runOne(scripts.announceWorker, { key: this.keys.workers, args });
  }

  async withdraw(id: string): Promise<void> {
    await this.runner.runOne(scripts.withdrawWorker, { key: this.keys.workers, args: [id] });
  }

  async workers(): Promise<readonly WorkerNote[]> {
    const answer = await this.runner.runOne(scripts.listWorkers, { key: this.keys.workers, args: [] });
    return pairsOf(answer as string[]).map(([id, text]) => ({ id, text }));
  }
}

/** `queue:5:email:paused`: names may have colons, and their length says where they end. */
function fieldOf({ scope, name, key }: SettingName): string {
  return `${scope}:${name.length}:${name}:${key}`;
}

const FIELD = /^(queue|type):(\d+):/;

/** Undefined: the version, or of a later one. */
function nameOf(field: string): SettingName | undefined {
  const [head, scope, length] = FIELD.exec(field) ?? [];
  if (head === undefined) return undefined;
  const end = head.length + Number(length);
  return {
    scope: scope as SettingName['scope'],
    name: field.slice(head.length, end),
    key: field.slice(end + 1),
  };
}

function settingsOf(answer: readonly string[]): StoredSettings {
  let version = 0;
  const settings: StoredSetting[] = [];
  for (const [field, value] of pairsOf(answer)) {
    if (field === 'v') version = Number(value);
    const name = nameOf(field);
    if (name) settings.push({ ...name, value });
  }
  return { version, settings };
}

function pairsOf(answer: readonly string[]): Array<[string, string]> {
  return Array.from({ length: answer.length / 2 }, (_, at) => [answer[2 * at]!, answer[2 * at + 1]!]);
}
