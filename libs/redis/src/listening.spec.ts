import { ManualClock } from 'nestjs-warren/testing';
import { Keys } from './keys.js';
import { Listening } from './listening.js';
import type { ScriptRunner } from './script-runner.js';

describe('who waits for ends of jobs', () => {
  let clock: ManualClock;
  let said: number;
  let gaps: number;
  let isKnown: boolean;
  let isDown: boolean;
  let isWanted: boolean;
  let listening: Listening;

  beforeEach(() => {
    clock = new ManualClock();
    said = gaps = 0;
    isKnown = isDown = false;
    isWanted = true;
    const runner = {
      runOne: async () => {
        if (isDown) throw new Error('down');
        said += 1;
        return isKnown ? 1 : 0;
      },
    } as unknown as ScriptRunner;
    listening = new Listening({
      runner,
      keys: new Keys('shop'),
      clock,
      isWanted: () => isWanted,
      onGap: () => (gaps += 1),
    });
  });

  it('says so once for all who come soon after', async () => {
    await listening.begin();
    isKnown = true;
    await listening.begin();
    await clock.advance(19_999);
    await listening.begin();
    expect(said).toBe(1);
    expect(gaps).toBe(1);
  });

  it('says so again for as long as somebody waits', async () => {
    await listening.begin();
    isKnown = true;
    await clock.advance(40_000);
    expect(said).toBe(3);
    expect(gaps).toBe(1);
    isWanted = false;
    await clock.advance(120_000);
    expect(said).toBe(3);
    await listening.begin();
    expect(said).toBe(4);
  });

  it('tells when Redis had forgotten it, also after Redis was away', async () => {
    await listening.begin();
    isDown = true;
    await clock.advance(70_000);
    expect(gaps).toBe(1);
    isDown = false;
    await clock.advance(1_000);
    expect(gaps).toBe(2);
  });

  it('says nothing more once it has ended, also when it was saying so', async () => {
    const saying = listening.begin();
    listening.end();
    await saying;
    await clock.advance(120_000);
    expect(said).toBe(1);
  });

  it('fails who comes while Redis is away', async () => {
    isDown = true;
    await expect(listening.begin()).rejects.toThrow('down');
  });
});
