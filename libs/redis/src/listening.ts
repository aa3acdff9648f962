import type { Clock, Timer } from 'nestjs-warren/ports';
import type { Keys } from './keys.js';
import type { ScriptRunner } from './script-runner.js';
import { listen } from './scripts/index.js';

/** For how long ends are published after somebody said that he waits, and how soon he says so again. */
const HEARD_MS = 60_000;
const AGAIN_MS = 20_000;
/** After Redis did not take it. */
const RETRY_MS = 1_000;

export interface ListeningParts {
  readonly runner: ScriptRunner;
  readonly keys: Keys;
  readonly clock: Clock;
  /** Whether anybody waits still. */
  readonly isWanted: () => boolean;
  /** Ends may have gone untold: Redis had forgotten that somebody waits. */
  readonly onGap: () => void;
}

/**
 * Says in Redis that some process waits for ends of jobs: without that they are not published, as nobody waits for most
 * jobs, and each publish costs (in a cluster a message to every node).
 */
export class Listening {
  private saidAt = -Infinity;
  private timer: Timer | undefined;
  private isEnded = false;

  constructor(private readonly parts: ListeningParts) {}

  /** Resolves when ends are published from now on. @throws as `ScriptRunner.runOne`. */
  async begin(): Promise<void> {
    if (this.parts.clock.elapsed() - this.saidAt >= AGAIN_MS) await this.say();
  }

  end(): void {
    this.isEnded = true;
    this.timer?.cancel();
  }

  private async say(): Promise<void> {
    const { runner, keys, clock, onGap } = this.parts;
    const at = clock.elapsed();
    const wasKnown = await runner.runOne(listen, { key: keys.types, args: ['', HEARD_MS] });
    this.saidAt = at;
    if (wasKnown !== 1) onGap();
    this.sayAgainIn(AGAIN_MS);
  }

  private sayAgainIn(delayMs: number): void {
    if (this.isEnded) return;
    const { clock, isWanted } = this.parts;
    this.timer?.cancel();
    this.timer = clock.setTimer(delayMs, () => {
      if (isWanted()) this.say().catch(() => this.sayAgainIn(RETRY_MS));
    });
  }
}
