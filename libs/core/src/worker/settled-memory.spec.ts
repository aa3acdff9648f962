import type { JobMoment } from '../observe/moments.js';
import { SettledMemory } from './settled-memory.js';

const moment = { kind: 'completed' } as JobMoment;

describe('the memory of settled messages', () => {
  it('gives the moment of an ack that was lost once', () => {
    const memory = new SettledMemory();
    memory.ackLost('a', moment);
    expect(memory.take('a')).toBe(moment);
    expect(memory.take('a')).toBeUndefined();
  });

  it('knows an ack that went out for as long as it has room, and how it ended has been told', () => {
    const memory = new SettledMemory();
    memory.ackSent('a');
    expect(memory.take('a')).toBe('told');
    expect(memory.take('a')).toBe('told');
    expect(memory.take('b')).toBeUndefined();
  });

  it('forgets the oldest: it holds at least 5,000 acks and at most 10,000', () => {
    const memory = new SettledMemory();
    for (let count = 0; count < 50_000; count += 1) {
      memory.ackSent(String(count));
      if (count % 1_000 !== 0) continue;
      expect(memory.size).toBeLessThanOrEqual(10_000);
      if (count >= 5_000) expect(memory.take(String(count - 4_999))).toBe('told');
    }
    expect(memory.take('0')).toBeUndefined();
  });

  it('does not know messages without a token', () => {
    const memory = new SettledMemory();
    memory.ackSent(undefined);
    memory.ackLost(undefined, moment);
    expect(memory.take(undefined)).toBeUndefined();
    expect(memory.size).toBe(0);
  });
});
