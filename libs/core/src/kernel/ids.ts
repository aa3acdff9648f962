import type { Clock } from './clock.js';
import type { Random } from './random.js';

/** Makes the identities of jobs and of their messages. */
export interface IdSource {
  /** UUIDv7 (RFC 9562, section 5.7): sorts by time; ids made in one millisecond sort in order of making. */
  jobId(): string;
  /** Random identity of one publish: 16 hexadecimal digits. */
  token(): string;
}

const POOL_BYTES = 4096;

export function createIdSource(clock: Clock, random: Random): IdSource {
  // Random bytes are drawn in bulk: one system call per id would cost more than the rest of an enqueue.
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  const draw = (size: number): number => {
    if (used + size > POOL_BYTES) {
      random.fill(pool);
      used = 0;
    }
    const start = used;
    used += size;
    return start;
  };

  let lastMs = 0;
  let sequence = 0;
  let prefix = '';
  let prefixMs = -1;
  const prefixOf = (ms: number): string => {
    if (ms !== prefixMs) {
      prefixMs = ms;
      const time = ms.toString(16).padStart(12, '0');
      prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    }
    return prefix;
  };
  return {
    jobId() {
      const nowMs = clock.now();
      const at = draw(10);
      if (nowMs > lastMs) {
        lastMs = nowMs;
        // 12 bits of rand_a count within the millisecond (RFC 9562, section 6.2, method 1), from a random start
        // in the lower half so that it seldom overflows.
        sequence = pool.readUInt16BE(at) & 0x7ff;
      } else if (++sequence > 0xfff) {
        lastMs += 1;
        sequence = 0;
      }
      const tail = pool.toString('hex', at + 2, at + 10);
      const variant = ((pool[at + 2]! & 0x3f) | 0x80).toString(16);
      const counter = sequence.toString(16).padStart(3, '0');
      return `${prefixOf(lastMs)}${counter}-${variant}${tail.slice(2, 4)}-${tail.slice(4)}`;
    },
    token() {
      const at = draw(8);
      return pool.toString('hex', at, at + 8);
    },
  };
}
