import type { Message } from '../../job/message.js';
import { FRAME_END } from './amqp-format.js';
import { isBrokerHeader } from './properties.js';

/** Longer texts are written by the engine, shorter ones sooner by ourselves. */
const LONG_TEXT = 64;

/** Writes the values of AMQP 0-9-1 into a buffer, one behind the other; whether it went well is asked at the end. */
export class FrameWriter {
  private payloadAt = 0;
  private isPlain = true;

  constructor(
    private readonly buffer: Buffer,
    public offset: number,
  ) {}

  /** Writes behind the end of a buffer are lost, not errors: it is enough to look at the end. */
  isGood(): boolean {
    return this.isPlain && this.offset <= this.buffer.length;
  }

  begin(type: number, channel: number): void {
    this.u8(type);
    this.u16(channel);
    this.u32(0);
    this.payloadAt = this.offset;
  }

  end(): void {
    this.u32At(this.payloadAt - 4, this.offset - this.payloadAt);
    this.u8(FRAME_END);
  }

  u8(value: number): void {
    this.buffer[this.offset] = value;
    this.offset += 1;
  }

  u16(value: number): void {
    this.u16At(this.offset, value);
    this.offset += 2;
  }

  u32(value: number): void {
    this.u32At(this.offset, value);
    this.offset += 4;
  }

  /** Two's complement for negative ones. */
  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32));
    this.u32(value);
  }

  u16At(at: number, value: number): void {
    this.buffer[at] = value >>> 8;
    this.buffer[at + 1] = value;
  }

  bytes(bytes: Uint8Array): void {
    if (this.offset + bytes.byteLength <= this.buffer.length) this.buffer.set(bytes, this.offset);
    this.offset += bytes.byteLength;
  }

  /** With its length in one byte. */
  shortText(value: string): void {
    const at = this.offset;
    this.u8(0);
    this.text(value);
    const length = this.offset - at - 1;
    if (length > 255) this.isPlain = false;
    this.buffer[at] = length;
  }

  table(headers: Message['headers']): void {
    const at = this.offset;
    this.u32(0);
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined || isBrokerHeader(name)) continue;
      this.shortText(name);
      this.field(value);
    }
    this.u32At(at, this.offset - at - 4);
  }

  private field(value: unknown): void {
    switch (typeof value) {
      case 'string':
        return this.longText(value);
      case 'number':
        return this.number(value);
      case 'boolean':
        this.u8(0x74); // t
        return this.u8(value ? 1 : 0);
      default:
        this.isPlain = false;
    }
  }

  private longText(value: string): void {
    this.u8(0x53); // S
    const at = this.offset;
    this.u32(0);
    this.text(value);
    this.u32At(at, this.offset - at - 4);
  }

  private number(value: number): void {
    if (!Number.isSafeInteger(value)) return this.double(value);
    if (value >= -0x80 && value < 0x80) {
      this.u8(0x62); // b
      this.u8(value);
    } else if (value >= -0x8000 && value < 0x8000) {
      this.u8(0x73); // s
      this.u16(value);
    } else if (value >= -0x80000000 && value < 0x80000000) {
      this.u8(0x49); // I
      this.u32(value);
    } else {
      this.u8(0x6c); // l
      this.u64(value);
    }
  }

  private double(value: number): void {
    this.u8(0x64); // d
    if (!Number.isFinite(value) || Number.isInteger(value)) this.isPlain = false;
    else if (this.offset + 8 <= this.buffer.length) this.buffer.writeDoubleBE(value, this.offset);
    this.offset += 8;
  }

  private text(value: string): void {
    const { buffer, offset } = this;
    const { length } = value;
    if (length > LONG_TEXT) return this.anyText(value);
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return this.anyText(value);
      buffer[offset + index] = code;
    }
    this.offset += length;
  }

  private anyText(value: string): void {
    const { buffer, offset } = this;
    // A text that is cut would be taken for a whole one: three bytes for each of its units are the most.
    if (offset + 3 * value.length <= buffer.length) this.offset += buffer.write(value, offset, 'utf8');
    else this.offset = Infinity;
  }

  private u32At(at: number, value: number): void {
    const { buffer } = this;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }
}
