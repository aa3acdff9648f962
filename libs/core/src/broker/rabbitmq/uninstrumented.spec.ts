import type { ChannelModel } from 'amqplib';
import { leaveUninstrumented } from './uninstrumented.js';

/** Channels as amqplib has them; the real package is in test/integration/tracing-amqplib.spec.ts. */
function scene() {
  const calls: string[] = [];
  class BaseChannel {
    pushConfirmCallback(callback: unknown): void {
      calls.push(`confirm ${typeof callback}`);
    }
  }
  class Channel extends BaseChannel {
    publish(...given: unknown[]): boolean {
      calls.push(`publish ${given.slice(0, 2).join(' ')}`);
      return true;
    }
    consume(queue: string): string {
      calls.push(`consume ${queue}`);
      return 'tag';
    }
    ack(): void {
      calls.push('ack');
    }
  }
  class ConfirmChannel extends Channel {
    override publish(...given: unknown[]): boolean {
      const isSent = super.publish(...given);
      this.pushConfirmCallback(given[4]);
      return isSent;
    }
  }
  const model = {
    createChannel: async () => new Channel(),
    createConfirmChannel: async () => new ConfirmChannel(),
  } as unknown as ChannelModel;
  const wrap = (prototype: object, name: string) => {
    const methods = prototype as Record<string, (...given: unknown[]) => unknown>;
    const original = methods[name]!;
    methods[name] = Object.assign(
      function (this: unknown, ...given: unknown[]): unknown {
        calls.push(`wrapped ${name}`);
        return original.apply(this, given);
      },
      { __original: original },
    );
  };
  const instrument = () => {
    for (const name of ['publish', 'consume', 'ack']) wrap(Channel.prototype, name);
    wrap(ConfirmChannel.prototype, 'publish');
  };
  return { calls, model, instrument };
}

describe('a connection whose channels are instrumented', () => {
  it('sends, takes and acks past the instrumentation, and says so', async () => {
    const { calls, model, instrument } = scene();
    instrument();
    instrument();
    let told = 0;
    leaveUninstrumented(model, () => (told += 1));
    const channel = await model.createChannel();
    await channel.consume('q', () => undefined);
    channel.ack({} as never);
    channel.publish('exchange', 'key', Buffer.from('x'));
    expect(calls).toEqual(['consume q', 'ack', 'publish exchange key']);
    expect(told).toBe(1);
  });

  it('registers the confirm of what it publishes once', async () => {
    const { calls, model, instrument } = scene();
    instrument();
    leaveUninstrumented(model, () => undefined);
    const channel = await model.createConfirmChannel();
    expect(channel.publish('exchange', 'key', Buffer.from('x'), {}, () => undefined)).toBe(true);
    expect(calls).toEqual(['publish exchange key', 'confirm function']);
  });
});

it('leaves the channels of a connection alone that nobody instruments', async () => {
  const { model } = scene();
  leaveUninstrumented(model, () => {
    throw new Error('nothing to tell');
  });
  expect(Object.keys(await model.createChannel())).toEqual([]);
  expect(Object.keys(await model.createConfirmChannel())).toEqual([]);
});
