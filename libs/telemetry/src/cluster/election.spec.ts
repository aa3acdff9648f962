import { MemoryJobStore } from 'nestjs-warren';
import { captureContext } from 'nestjs-warren/ports';
import { ManualClock } from 'nestjs-warren/testing';
import { Election } from './election.js';

const clock = new ManualClock();
const store = new MemoryJobStore({ clock, detached: captureContext() });
const candidate = () => new Election(store.registry, clock);

describe('of the processes that are asked for metrics', () => {
  it('the one that lives longest is elected, and another when it resigns', async () => {
    const first = candidate();
    await clock.advance(1_000);
    const second = candidate();
    // Nobody asked the first one yet.
    expect(await second.isMine()).toBe(true);
    expect(await first.isMine()).toBe(true);
    expect(await second.isMine()).toBe(false);
    await first.resign();
    expect(await second.isMine()).toBe(true);
    await second.resign();
  });

  it('one that is asked no more is gone after three of its intervals', async () => {
    const first = candidate();
    await clock.advance(1);
    const second = candidate();
    for (let scrape = 0; scrape < 3; scrape += 1) {
      expect(await first.isMine()).toBe(true);
      expect(await second.isMine()).toBe(false);
      await clock.advance(10_000);
    }
    // From here on the first is dead; it was asked last 10 s ago.
    expect(await second.isMine()).toBe(false);
    await clock.advance(10_000);
    expect(await second.isMine()).toBe(false);
    await clock.advance(10_001);
    expect(await second.isMine()).toBe(true);
    await second.resign();
  });

  it('none that was never asked takes part', async () => {
    await candidate().resign();
    expect((await store.registry.workers()).map(({ id }) => id)).toEqual([]);
  });
});
