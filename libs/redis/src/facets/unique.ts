import type { UniqueStore } from 'nestjs-warren/ports';
import type { Keys } from '../keys.js';
import type { ScriptRunner } from '../script-runner.js';
import * as scripts from '../scripts/index.js';

export class RedisUnique implements UniqueStore {
  constructor(
    private readonly runner: ScriptRunner,
    private readonly keys: Keys,
  ) {}

  async reserve(
    key: string,
    holder: string,
    ttlMs: number,
  ): Promise<{ readonly holder: string; readonly isNew: boolean }> {
    const [held, isNew] = (await this.runner.runOne(scripts.reserve, {
      key: this.keys.unique(key),
      args: ['', holder, Math.max(1, Math.ceil(ttlMs))],
    })) as [string, number];
    return { holder: held, isNew: Number(isNew) === 1 };
  }

  async release(key: string, holder: string): Promise<void> {
    await this.runner.runOne(scripts.release, { key: this.keys.unique(key), args: ['', holder] });
  }
}
