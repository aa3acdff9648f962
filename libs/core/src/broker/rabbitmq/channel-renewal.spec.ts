import { ManualClock } from '../../testing/manual-clock.js';
import { ChannelRenewal } from './channel-renewal.js';

describe('the renewal of a channel', () => {
  let clock: ManualClock;
  let out: number;
  let replaced: number;
  let kept: number;
  let renewal: ChannelRenewal;

  beforeEach(() => {
    clock = new ManualClock();
    [out, replaced, kept] = [0, 0, 0];
    renewal = new ChannelRenewal({
      clock,
      hasSent: () => out > 0,
      replace: () => (replaced += 1),
      keep: () => (kept += 1),
    });
  });

  it('comes after its pause, once for all who asked meanwhile', async () => {
    renewal.ask('refused');
    await clock.advance(100);
    renewal.ask('refused');
    await clock.advance(149);
    expect(replaced).toBe(0);
    await clock.advance(1);
    expect(replaced).toBe(1);
    await clock.advance(10_000);
    expect(replaced).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('comes sooner where somebody asks for that', async () => {
    renewal.ask('full');
    renewal.ask('refused');
    await clock.advance(250);
    expect(replaced).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for what is out, and has nothing more sent meanwhile', async () => {
    out = 2;
    renewal.ask('refused');
    expect(renewal.isDraining).toBe(false);
    await clock.advance(250);
    expect(renewal.isDraining).toBe(true);
    out = 1;
    renewal.settled();
    expect(replaced).toBe(0);
    out = 0;
    renewal.settled();
    expect(replaced).toBe(1);
    expect(renewal.isDraining).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not wait for ever for what is out', async () => {
    out = 1;
    renewal.ask('refused');
    await clock.advance(1_249);
    expect(replaced).toBe(0);
    await clock.advance(1);
    expect([replaced, kept]).toEqual([1, 0]);
  });

  it('does not have publishes made twice for a queue that may just be full', async () => {
    out = 1;
    renewal.ask('full');
    await clock.advance(10_999);
    expect(renewal.isDraining).toBe(true);
    await clock.advance(1);
    expect([replaced, kept, renewal.isDraining]).toEqual([0, 1, false]);
    renewal.ask('full');
    await clock.advance(10_000);
    renewal.ask('refused');
    await clock.advance(1_000);
    expect([replaced, kept]).toEqual([1, 1]);
  });

  it('is not needed any more when the channel is gone', async () => {
    renewal.ask('refused');
    renewal.stop();
    await clock.advance(10_000);
    expect(replaced).toBe(0);
    renewal.ask('refused');
    await clock.advance(250);
    expect(replaced).toBe(1);
  });
});
