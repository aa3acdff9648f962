import type { RegistryStore, StoredSettings } from '../ports/store-registry.js';
import { ManualClock } from '../testing/manual-clock.js';
import { RunTimeSettings } from './run-time-settings.js';
import { SettingsWatch } from './settings-watch.js';

/** Asked again so long after an answer, and after a question that was given up. */
const LOOK_EVERY_MS = 1_500;
const ANSWER_MS = 2_000;

interface Question {
  readonly knownVersion: number | undefined;
  readonly answer: (settings: StoredSettings | undefined) => void;
}

const version = (number: number, isPaused: boolean): StoredSettings => ({
  version: number,
  settings: isPaused ? [{ scope: 'queue', name: 'email', key: 'paused', value: 'true' }] : [],
});

describe('the watch over what is set at run time', () => {
  let clock: ManualClock;
  let settings: RunTimeSettings;
  let watch: SettingsWatch;
  let questions: Question[];

  beforeEach(() => {
    clock = new ManualClock();
    const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
    settings = new RunTimeSettings(logger);
    questions = [];
    const registry = {
      settings: (knownVersion?: number) => new Promise((answer) => questions.push({ knownVersion, answer })),
    } as Pick<RegistryStore, 'settings'> as RegistryStore;
    watch = new SettingsWatch({
      registry,
      settings,
      clock,
      detached: (callback) => callback(),
      logger,
      looksByItself: true,
    });
  });
  afterEach(() => watch.close());

  /** A question that stays open, and the next one. */
  async function giveUpFirst(): Promise<void> {
    void watch.look();
    await clock.advance(ANSWER_MS + LOOK_EVERY_MS);
    expect(questions).toHaveLength(2);
  }

  it('does not let an old answer undo what a newer one said', async () => {
    await giveUpFirst();
    questions[1]!.answer(version(2, true));
    await clock.advance(0);
    expect(settings.isPausedQueue('email')).toBe(true);
    questions[0]!.answer(version(1, false));
    await clock.advance(0);
    expect(settings.isPausedQueue('email')).toBe(true);
    expect(settings.version).toBe(2);
  });

  it('does not let an old answer stand where a newer one found nothing new', async () => {
    await giveUpFirst();
    questions[1]!.answer(undefined);
    await clock.advance(0);
    questions[0]!.answer(version(1, true));
    await clock.advance(0);
    expect(settings.isPausedQueue('email')).toBe(false);
  });

  it('takes a late answer that is the newest so far: a slow store is heard all the same', async () => {
    await giveUpFirst();
    questions[0]!.answer(version(1, true));
    await clock.advance(0);
    expect(settings.isPausedQueue('email')).toBe(true);
    questions[1]!.answer(version(2, false));
    await clock.advance(LOOK_EVERY_MS);
    expect(settings.isPausedQueue('email')).toBe(false);
    expect(questions[2]!.knownVersion).toBe(2);
  });

  it('takes no answer after its end', async () => {
    void watch.look();
    watch.close();
    questions[0]!.answer(version(1, true));
    await clock.advance(0);
    expect(settings.isPausedQueue('email')).toBe(false);
  });
});

function ignore(): void {
  // Nothing is said here.
}
