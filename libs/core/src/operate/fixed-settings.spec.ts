import { queueSettings, type QueueOptions } from '../options/queue.js';
import type { QueueCaps } from '../ports/queue-caps.js';
import { cappedBy, refuseFixed, requireRoomForDelays } from './fixed-settings.js';

const limited: QueueOptions = { maxLength: 100, messageTtl: '1d' };
const specOf = (options: QueueOptions) => queueSettings('email', options, 'quorum').spec;

function refusal(act: () => unknown): { readonly code: unknown; readonly message: string } {
  try {
    act();
  } catch (error) {
    return error as { readonly code: unknown; readonly message: string };
  }
  throw new Error('nothing was refused');
}

const refused = (patch: Record<string, unknown>, options = limited) =>
  refusal(() => cappedBy(patch, specOf(options), 'configure'));

describe('limits of a queue that exists', () => {
  it('can be lowered, as the broker calls them', () => {
    const patch = { maxLength: 10, messageTtl: '1h', deadLetterTtl: 60_000, overflow: 'drop-oldest' };
    expect(cappedBy(patch, specOf(limited), 'configure')).toEqual({
      maxLength: 10,
      messageTtlMs: 3_600_000,
      deadLetterTtlMs: 60_000,
      overflow: 'drop-oldest',
    });
    expect(cappedBy({ maxLength: 100, maxBytes: 5 }, specOf(limited), 'configure')).toEqual({
      maxLength: 100,
      maxBytes: 5,
    });
  });

  it.each([
    [
      { maxLength: 1_000 },
      /can only be lowered, and was declared as 100\. Say queues: \{ 'email': \{ maxLength/,
    ],
    [{ messageTtl: '2d' }, /declared as 1d/],
    [{ deliveryLimit: 6 }, /declared as 5/],
    [{ overflow: 'reject' }, /jobs\.queues\.reset\('email', 'overflow'\)/],
  ])('cannot be raised: %j', (patch, text) => {
    expect(refused(patch)).toMatchObject({
      code: 'WARREN_QUEUE_FIXED',
      message: expect.stringMatching(text) as string,
    });
  });

  it.each([
    [{ maxLength: 0 }, /configure: maxLength: 0 is not a whole number of at least 1/],
    [{ maxBytes: -1 }, /maxBytes: -1 is not a whole number/],
    [{ maxLength: Number.NaN }, /maxLength: NaN is not/],
    [{ maxBytes: 1.5 }, /maxBytes: 1\.5 is not/],
    [{ messageTtl: 'soon' }, /messageTtl: "soon" is not a duration/],
    [{ overflow: 'block' }, /overflow: "block" is not 'drop-oldest'/],
  ])('are checked like options: %j', (patch, text) => {
    expect(refused(patch)).toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(text) as string,
    });
  });

  it('tell a classic queue that its overflow stays, and one that drops that it cannot be made to refuse', () => {
    expect(refused({ overflow: 'drop-oldest' }, { type: 'classic' }).message).toMatch(
      /Of a classic queue what was declared/,
    );
    const dropping: QueueOptions = { maxLength: 5, overflow: 'drop-oldest' };
    expect(refused({ overflow: 'reject' }, dropping).message).toMatch(/give the queue another name/);
  });

  it.each([{ type: 'classic' }, { declare: false }, { priorities: 5 }])('do not include %j', (patch) => {
    expect(refusal(() => refuseFixed(patch, specOf({}), 'configure'))).toMatchObject({
      code: 'WARREN_QUEUE_FIXED',
    });
  });

  it('are given to a queue without any only where it drops its oldest, as delays would wait for room', () => {
    const check = (caps: QueueCaps, options: QueueOptions = {}) =>
      requireRoomForDelays(caps, specOf(options), 'configure');
    expect(refusal(() => check({ maxLength: 5 })).message).toMatch(
      /delayed jobs of all queues would wait behind it\. Let it drop its oldest, \{ maxLength, overflow: 'drop-oldest' \}/,
    );
    expect(refusal(() => check({ maxBytes: 5 })).message).toMatch(/\{ maxBytes, overflow/);
    check({ maxBytes: 5, overflow: 'drop-oldest' });
    check({ maxLength: 5 }, { maxBytes: 100 });
    check({ messageTtlMs: 5_000 });
  });
});
