import type { Channel } from 'amqplib';

const CHUNK_BYTES = 64 * 1024;

/** What amqplib keeps for a channel; none of it is in its types. */
interface Internals {
  readonly ch?: number;
  readonly connection?: {
    readonly channels?: ReadonlyArray<{ readonly buffer?: FrameBuffer } | null>;
  };
}

interface FrameBuffer {
  write(bytes: Buffer): boolean;
}

/**
 * Where frames of our own making go on one channel. Those of one turn of the event loop are put into one buffer, and
 * that to where amqplib puts each frame that it makes: one write instead of hundreds, each of which would wake the
 * broker. That place is internal to amqplib and guarded by a test; without it, amqplib has to make all frames.
 */
export class FrameSink {
  private chunk = Buffer.alloc(0);
  private flushedTo = 0;
  private isFlushDue = false;
  private end = 0;

  private constructor(
    readonly channelNumber: number,
    private readonly buffer: FrameBuffer,
    private readonly internals: Internals,
  ) {}

  static of(channel: Channel): FrameSink | undefined {
    const internals = channel as unknown as Internals;
    const { ch, connection } = internals;
    const buffer = ch === undefined ? undefined : connection?.channels?.[ch]?.buffer;
    return buffer && new FrameSink(ch!, buffer, internals);
  }

  /** A channel that has ended has no place any more, or another channel has it. */
  get isOpen(): boolean {
    return this.internals.connection?.channels?.[this.channelNumber]?.buffer === this.buffer;
  }

  /** Where the next frame begins in what `reserve` returned. */
  get offset(): number {
    return this.end;
  }

  /** A buffer with room for `bytes` behind `offset`. */
  reserve(bytes: number): Buffer {
    if (this.chunk.length - this.end < bytes) {
      this.flush();
      this.chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
      this.flushedTo = 0;
      this.end = 0;
    }
    return this.chunk;
  }

  /** What was written up to `end` goes out with all else of this turn. */
  commit(end: number): void {
    this.end = end;
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    process.nextTick(() => this.flush());
  }

  /** At once: before anything else is sent on the channel. */
  flush(): void {
    this.isFlushDue = false;
    const { chunk, flushedTo, end } = this;
    if (end === flushedTo) return;
    this.flushedTo = end;
    if (this.isOpen) this.buffer.write(chunk.subarray(flushedTo, end));
  }
}
