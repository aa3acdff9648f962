import { ManualClock } from '../../testing/manual-clock.js';
import { ConfirmWindow, type Pending } from './confirms.js';

describe('the window of unconfirmed publishes', () => {
  let clock: ManualClock;
  let window: ConfirmWindow;
  let left: string[];
  let told: string[];

  beforeEach(() => {
    clock = new ManualClock();
    left = [];
    told = [];
    window = new ConfirmWindow(
      clock,
      (pending) => left.push(nameOf(pending)),
      (pending) => new Error(`${nameOf(pending)} is too late`),
    );
  });

  const nameOf = (pending: Pending): string => pending.message.messageId!;

  function pending(name: string, timeoutMs = 1_000): Pending {
    return {
      message: { body: Buffer.alloc(0), messageId: name, headers: {} },
      route: { exchange: 'e', routingKey: 'k', queue: 'q', fullAt: undefined },
      deadlineAt: clock.elapsed() + timeoutMs,
      resolve: () => told.push(`${name} resolved`),
      reject: (error) => told.push(`${name}: ${error.message}`),
      isReturned: false,
      wasSent: false,
      isRefused: false,
    };
  }

  function send(...names: string[]): Pending[] {
    const all = names.map((name) => pending(name));
    for (const each of all) window.markSent(each);
    return all;
  }

  function confirm(tag: number, multiple: boolean): string[] {
    const confirmed: string[] = [];
    window.confirmed(tag, multiple, (each) => confirmed.push(nameOf(each)));
    return confirmed;
  }

  it.each([3_600_000, -3_600_000])('ends each at its time when the hour is set by %i ms', async (shiftMs) => {
    send('sent');
    window.hold(pending('held'));
    clock.setBy(shiftMs);
    await clock.advance(999);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(['sent: sent is too late', 'held: held is too late']);
  });

  it('finds the publish that a confirm means, in whatever order confirms come', () => {
    send('a', 'b', 'c');
    expect(confirm(2, false)).toEqual(['b']);
    expect(confirm(1, false)).toEqual(['a']);
    expect(confirm(3, false)).toEqual(['c']);
    expect(left).toEqual(['b', 'a', 'c']);
    expect(window.hasSent).toBe(false);
  });

  it('takes a multiple confirm for all up to its number', () => {
    send('a', 'b', 'c', 'd');
    expect(confirm(2, false)).toEqual(['b']);
    expect(confirm(3, true)).toEqual(['a', 'c']);
    expect(confirm(4, true)).toEqual(['d']);
  });

  it('ignores a confirm that it does not know', () => {
    send('a');
    expect(confirm(7, false)).toEqual([]);
    expect(confirm(1, false)).toEqual(['a']);
    expect(confirm(1, false)).toEqual([]);
  });

  it('holds what a dead channel had not confirmed before what was never sent, and counts anew', () => {
    const [first] = send('a', 'b');
    first!.isReturned = true;
    window.hold(pending('c'));
    expect(confirm(2, false)).toEqual(['b']);
    window.channelGone();
    expect([...window.waiting].map(nameOf)).toEqual(['a', 'c']);
    expect(first!.isReturned).toBe(false);
    for (const each of [...window.waiting]) window.markSent(each);
    expect(confirm(1, false)).toEqual(['a']);
    expect(confirm(2, false)).toEqual(['c']);
  });

  it('keeps what the broker refused for the next channel, before all else, with its own time', async () => {
    const [, b] = send('a', 'b', 'c');
    window.hold(pending('d'));
    window.refused(2, true, (each) => nameOf(each) === 'b');
    expect(left).toEqual(['a']);
    expect([...window.waiting].map(nameOf)).toEqual(['d']);
    expect(b!.isRefused).toBe(true);
    window.channelGone();
    expect([...window.waiting].map(nameOf)).toEqual(['b', 'c', 'd']);
    window.markSent(b!);
    expect(b!.isRefused).toBe(false);
    await clock.advance(1_000);
    expect(told).toEqual(['b', 'c', 'd'].map((name) => `${name}: ${name} is too late`));
  });

  it('watches the time of what was refused also when nothing else is there', async () => {
    send('a');
    window.refused(1, false, () => true);
    await clock.advance(1_000);
    expect(told).toEqual([]);
    window.channelGone();
    await clock.advance(0);
    expect(told).toEqual(['a: a is too late']);
    send('b');
    window.refused(1, false, () => true);
    window.failAll(new Error('closed'));
    expect(told.at(-1)).toBe('b: closed');
  });

  it('ends each at its own time, sent or not, with one timer for all', async () => {
    send('a');
    await clock.advance(100);
    window.hold(pending('b'));
    await clock.advance(100);
    send('c');
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(799);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(['a: a is too late']);
    await clock.advance(100);
    expect(told).toEqual(['a: a is too late', 'b: b is too late']);
    await clock.advance(100);
    expect(told.at(-1)).toBe('c: c is too late');
    expect(left).toEqual(['a', 'b', 'c']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not end what was confirmed in time, and ignores a confirm after the end', async () => {
    send('a', 'b');
    confirm(1, false);
    await clock.advance(1_000);
    expect(told).toEqual(['b: b is too late']);
    expect(confirm(2, false)).toEqual([]);
    expect(left).toEqual(['a', 'b']);
  });

  it('keeps the time of what goes out again on another channel', async () => {
    send('a');
    await clock.advance(600);
    window.channelGone();
    const [again] = [...window.waiting];
    window.markSent(again!);
    await clock.advance(400);
    expect(told).toEqual(['a: a is too late']);
  });

  it('fails one, or all, and then runs no timer', () => {
    const [a] = send('a', 'b');
    const held = pending('c');
    window.hold(held);
    window.fail(held, new Error('refused'));
    expect(told).toEqual(['c: refused']);
    expect(confirm(1, false)).toEqual([nameOf(a!)]);
    window.failAll(new Error('closed'));
    expect(told).toEqual(['c: refused', 'b: closed']);
    expect(left).toEqual(['c', 'a', 'b']);
    expect(clock.pendingTimers).toBe(0);
  });
});
