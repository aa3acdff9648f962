/** Some times as many as an application has types of jobs: two that meet in one place drive each other out. */
const SLOTS = 8_192;
/** Longer ones are seldom the same again. */
const LONGEST = 64;

interface Slot {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Texts that come again in nearly every message (names of headers, types, exchanges), looked up by their bytes:
 * making the text anew costs some 0.2 us each.
 */
export class TextCache {
  private readonly slots = new Array<Slot | undefined>(SLOTS);

  read(buffer: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST) return buffer.toString('utf8', start, end);
    // FNV-1a.
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ buffer[at]!, 0x01000193);
    const index = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    const slot = this.slots[index];
    if (slot && isSame(slot.bytes, buffer, start, length)) return slot.text;
    const text = buffer.toString('utf8', start, end);
    this.slots[index] = { bytes: Uint8Array.prototype.slice.call(buffer, start, end), text };
    return text;
  }
}

function isSame(bytes: Uint8Array, buffer: Buffer, start: number, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (bytes[index] !== buffer[start + index]) return false;
  return true;
}
