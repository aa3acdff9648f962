import type { Channel, ChannelModel } from 'amqplib';
import { textOf } from './amqp-errors.js';

/** One channel's life, with what amqplib leaves open: the cause of its end, and a close that always returns. */

export interface ChannelEnd {
  readonly why: string;
  /** What the broker said when it closed this channel over something done on it; without it, the connection ended. */
  readonly refusal: Error | undefined;
}

/** Tells once that the channel ended, whoever ended it. */
export function onChannelEnd(channel: Channel, told: (end: ChannelEnd) => void): void {
  let refusal: Error | undefined;
  // A refusal comes as 'error' and then 'close'; the end of the connection as 'close' alone.
  channel.on('error', (error: Error) => (refusal = error));
  channel.on('close', () =>
    told({ why: refusal === undefined ? 'the connection ended' : textOf(refusal), refusal }),
  );
}

/** Closes it behind everything that was sent on it; resolves when it is closed, also when it was before. */
export function closeChannel(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    // When the connection ends meanwhile, amqplib leaves the promise of close() open, but says 'close'.
    channel.once('close', () => resolve());
    channel.close().then(resolve, () => resolve());
  });
}

/** Does something on a channel of its own, so that a refusal, which closes the channel, disturbs nobody else. */
export async function onOwnChannel<T>(
  model: ChannelModel,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  const channel = await model.createChannel();
  const ended = new Promise<never>((_, reject) => {
    onChannelEnd(channel, ({ why, refusal }) => reject(refusal ?? new Error(`the channel ended: ${why}`)));
  });
  // Nobody listens any more once the work is done.
  ended.catch(() => undefined);
  try {
    // An answer of several frames that is cut in its middle would be awaited for ever.
    return await Promise.race([work(channel), ended]);
  } finally {
    await closeChannel(channel);
  }
}
