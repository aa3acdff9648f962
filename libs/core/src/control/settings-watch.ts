import type { Clock, Timer } from '../kernel/clock.js';
import type { Detached } from '../kernel/detached.js';
import type { Logger } from '../kernel/logger.js';
import { within } from '../kernel/within.js';
import type { RegistryStore } from '../ports/store-registry.js';
import type { RunTimeSettings } from './run-time-settings.js';

/** A change is seen in 2 s, also when nobody was told of it: this, and the time of a look. */
const LOOK_EVERY_MS = 1_500;

/** Longest wait for an answer; the worker waits so long for the first. */
const ANSWER_MS = 2_000;

export interface SettingsWatchParts {
  readonly registry: RegistryStore;
  readonly settings: RunTimeSettings;
  readonly clock: Clock;
  readonly detached: Detached;
  readonly logger: Logger;
  /** False: the store knows this process alone, and whoever changes something says so. */
  readonly looksByItself: boolean;
}

/**
 * Keeps the settings of this process as the store has them: idle -> looking -> waiting -> looking ... -> closed. A look
 * costs the store one small request while nothing changes.
 */
export class SettingsWatch {
  private next: Timer | undefined;
  private looking: Promise<void> | undefined;
  private isAnotherDue = false;
  private isClosed = false;
  private hasFailed = false;
  /** Questions are numbered from 1. An answer may come after that to a later one. */
  private asked = 0;
  private answered = 0;

  constructor(private readonly parts: SettingsWatchParts) {}

  /** Resolves after the first look, or when the store took too long for it: the worker then begins with what the options say. */
  async start(): Promise<void> {
    await this.look();
    if (!this.hasFailed) return;
    this.parts.logger.warn(
      'The job store could not be asked for what was set at run time: until it answers, queues are not paused and everything is as the options say.',
    );
  }

  /** Resolves when the settings are those that the store had after this call. Never rejects. */
  look(): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    if (this.looking) {
      // That one may have read before the change.
      this.isAnotherDue = true;
      return this.looking;
    }
    this.next?.cancel();
    this.looking = this.parts.detached(() => this.lookUntilDone());
    return this.looking;
  }

  close(): void {
    this.isClosed = true;
    this.next?.cancel();
  }

  private async lookUntilDone(): Promise<void> {
    do {
      this.isAnotherDue = false;
      await this.lookOnce();
    } while (this.isAnotherDue && !this.isClosed);
    this.looking = undefined;
    if (this.isClosed || !this.parts.looksByItself) return;
    const { clock, detached } = this.parts;
    this.next = detached(() => clock.setTimer(LOOK_EVERY_MS, () => void this.look()));
  }

  private async lookOnce(): Promise<void> {
    const { registry, settings, clock } = this.parts;
    const number = (this.asked += 1);
    const read = async (): Promise<void> => {
      const stored = await registry.settings(settings.version);
      // Waiting for it may have been given up: what was heard since is newer, and would be undone.
      if (this.isClosed || number < this.answered) return;
      this.answered = number;
      if (stored) settings.replaceBy(stored);
    };
    try {
      this.hasFailed = !(await within(read(), ANSWER_MS, clock));
    } catch {
      // The health of the store tells it.
      this.hasFailed = true;
    }
  }
}
