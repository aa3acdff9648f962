import { EventEmitter } from 'node:events';
import type { Channel, ChannelModel } from 'amqplib';
import { captureContext } from '../../../kernel/detached.js';
import { ManualClock } from '../../../testing/manual-clock.js';
import { seededRandom } from '../../../testing/seeded-random.js';
import { topologyNames } from '../topology/names.js';
import { SignalSender } from './signal-sender.js';

/** As much of a channel as sending needs. */
class FakeChannel extends EventEmitter {
  readonly sent: string[] = [];
  hasRoom = true;

  publish(exchange: string, key: string, body: Buffer): boolean {
    this.sent.push(`${exchange} ${key} ${body.toString()}`);
    return this.hasRoom;
  }

  close(): Promise<void> {
    this.emit('close');
    return Promise.resolve();
  }
}

describe('the sender of signals', () => {
  let channel: FakeChannel;
  let sender: SignalSender;
  let model: ChannelModel;
  let lines: string[];

  beforeEach(async () => {
    channel = new FakeChannel();
    lines = [];
    const write = (line: string) => void lines.push(line);
    model = {
      createChannel: () => Promise.resolve(channel as unknown as Channel),
    } as unknown as ChannelModel;
    sender = new SignalSender(
      topologyNames('shop'),
      () => Promise.resolve(),
      () => model,
      {
        clock: new ManualClock(),
        random: seededRandom(1),
        logger: { error: write, warn: write, info: write, debug: write },
        detached: captureContext(),
      },
      () => undefined,
    );
    await sender.attach(model);
  });
  afterEach(() => sender.close());

  const send = (body: unknown): void => sender.send({ topic: 'events', key: 'k', body });

  it('sends to the exchange of the topic', () => {
    send(1);
    sender.send({ topic: 'control', key: 'cancel', body: { id: 'a' } });
    expect(channel.sent).toEqual(['shop.events k 1', 'shop.control cancel {"id":"a"}']);
  });

  it('drops while the broker blocks publishers', () => {
    sender.block();
    send(1);
    sender.unblock();
    send(2);
    expect(channel.sent).toEqual(['shop.events k 2']);
  });

  it('drops while its buffer is full, until that has drained', () => {
    channel.hasRoom = false;
    send(1);
    send(2);
    expect(channel.sent).toHaveLength(1);
    channel.hasRoom = true;
    channel.emit('drain');
    send(3);
    expect(channel.sent).toEqual(['shop.events k 1', 'shop.events k 3']);
  });

  it('drops without a connection, and a block ends with the connection that it was of', async () => {
    sender.block();
    channel.emit('close');
    send(1);
    expect(channel.sent).toEqual([]);
    await sender.attach(model);
    send(2);
    expect(channel.sent).toEqual(['shop.events k 2']);
  });

  it('warns once of bodies that it cannot carry', () => {
    send('x'.repeat(70_000));
    send(undefined);
    expect(channel.sent).toEqual([]);
    expect(lines).toEqual([
      "A signal 'k' of 'events' was dropped: its body is no JSON, or larger than 64 KiB. Further ones are dropped without a word.",
    ]);
  });
});
