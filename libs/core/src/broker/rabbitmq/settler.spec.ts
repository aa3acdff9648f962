import { EventEmitter } from 'node:events';
import type { Channel } from 'amqplib';
import { ManualClock } from '../../testing/manual-clock.js';
import { Settler } from './settler.js';

/** Frames as they reach amqplib: method (80 ack, 120 nack), delivery tag, bits. */
interface Frame {
  readonly method: number;
  readonly tag: number;
  readonly bits: number;
}

function channelWithFrames(): { channel: Channel; frames: () => Frame[] } {
  const written: Buffer[] = [];
  const buffer = { write: (bytes: Buffer) => written.push(Buffer.from(bytes)) };
  const channel = Object.assign(new EventEmitter(), { ch: 1, connection: { channels: [null, { buffer }] } });
  return { channel: channel as unknown as Channel, frames: () => parse(Buffer.concat(written)) };
}

function parse(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; at += 8 + bytes.readUInt32BE(at + 3)) {
    const tag = Number(bytes.readBigUInt64BE(at + 11));
    frames.push({ method: bytes.readUInt16BE(at + 9), tag, bits: bytes.readUInt8(at + 19) });
  }
  return frames;
}

const ack = (tag: number) => ({ method: 80, tag, bits: 0 });
const ackUpTo = (tag: number) => ({ method: 80, tag, bits: 1 });
const giveBack = (tag: number) => ({ method: 120, tag, bits: 2 });

describe('Settler', () => {
  it('acks together what leaves nothing unsettled below', async () => {
    const { channel, frames } = channelWithFrames();
    const settler = new Settler(channel, new ManualClock());
    for (const tag of [2, 1, 3]) settler.ack(tag);
    await new Promise(process.nextTick);
    expect(frames()).toEqual([ackUpTo(3)]);
  });

  it('never acks what still runs', async () => {
    const { channel, frames } = channelWithFrames();
    const settler = new Settler(channel, new ManualClock());
    for (const tag of [1, 2, 4, 5]) settler.ack(tag);
    settler.flush();
    expect(frames()).toEqual([ack(4), ack(5), ackUpTo(2)]);
    settler.ack(3);
    settler.ack(6);
    settler.flush();
    expect(frames().slice(3)).toEqual([ackUpTo(6)]);
    settler.ack(8);
    settler.nack(7, true);
    settler.flush();
    settler.nack(10, true);
    settler.ack(9);
    settler.flush();
    expect(frames().slice(4)).toEqual([giveBack(7), ack(8), giveBack(10), ack(9)]);
  });

  it('acks one by one what is above a job that runs long', () => {
    const { channel, frames } = channelWithFrames();
    const settler = new Settler(channel, new ManualClock());
    for (const tag of [2, 3]) settler.ack(tag);
    settler.flush();
    expect(frames()).toEqual([ack(2), ack(3)]);
  });

  it('gives back in its place, and goes on above it', () => {
    const { channel, frames } = channelWithFrames();
    const settler = new Settler(channel, new ManualClock());
    settler.ack(1);
    settler.nack(2, true);
    settler.ack(3);
    settler.flush();
    expect(frames()).toEqual([giveBack(2), ackUpTo(3)]);
  });

  it('settles whatever the order: each delivery once, and none before it was asked for', () => {
    const { channel, frames } = channelWithFrames();
    const settler = new Settler(channel, new ManualClock());
    const unsettled = new Set(Array.from({ length: 500 }, (_, index) => index + 1));
    const asked = new Set<number>();
    let seen = 0;
    const check = (): void => {
      settler.flush();
      for (const { tag, bits } of frames().slice(seen)) {
        seen += 1;
        // The broker closes the channel over a tag that it does not know.
        expect(unsettled.has(tag)).toBe(true);
        const settled = bits === 1 ? [...unsettled].filter((each) => each <= tag) : [tag];
        for (const each of settled) expect(asked.has(each) && unsettled.delete(each)).toBe(true);
      }
    };
    // Powers of a generator of the whole range: a fixed order that looks random.
    for (let tag = 1, step = 0; step < 502; step += 1) {
      tag = (tag * 5) % 503;
      if (tag > 500) continue;
      asked.add(tag);
      if (step % 7 === 0) settler.nack(tag, true);
      else settler.ack(tag);
      if (step % 13 === 0) check();
    }
    check();
    expect([...unsettled]).toEqual([]);
  });

  it('asks for a rest before its channel is closed only after more than the broker takes at once', async () => {
    const { channel } = channelWithFrames();
    const clock = new ManualClock();
    const settler = new Settler(channel, clock);
    for (let tag = 2; tag <= 33; tag += 1) settler.ack(tag);
    settler.flush();
    expect(settler.restMs).toBe(0);
    settler.ack(1);
    settler.flush();
    await clock.advance(100);
    expect(settler.restMs).toBe(400);
    await clock.advance(400);
    expect(settler.restMs).toBe(0);
    settler.ack(34);
    settler.flush();
    expect(settler.restMs).toBe(0);
  });
});
