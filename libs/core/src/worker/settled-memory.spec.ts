import type { JobMoment } from '../observe/moments.js';
import { SettledMemory } from './settled-memory.js';

const moment = { kind: 'completed', jobId: 'job' } as JobMoment;

describe('the memory of settled messages', () => {
  it('gives the moment of an ack that was lost once', () => {
    const memory = new SettledMemory();
    memory.ackLost('a', moment);
    expect(memory.take('a', 'job')).toBe(moment);
    expect(memory.take('a', 'job')).toBeUndefined();
  });

  it('knows an ack that went out for as long as it has room, and how it ended has been told', () => {
    const memory = new SettledMemory();
    memory.ackSent('a', 'job');
    expect(memory.take('a', 'job')).toBe('told');
    expect(memory.take('a', 'job')).toBe('told');
    expect(memory.take('b', 'job')).toBeUndefined();
  });

  it('forgets the oldest: it holds at least 5,000 acks and at most 10,000', () => {
    const memory = new SettledMemory();
    for (let count = 0; count < 50_000; count += 1) {
      memory.ackSent(String(count), 'job');
      if (count % 1_000 !== 0) continue;
      expect(memory.size).toBeLessThanOrEqual(10_000);
      if (count >= 5_000) expect(memory.take(String(count - 4_999), 'job')).toBe('told');
    }
    expect(memory.take('0', 'job')).toBeUndefined();
  });

  it('does not take another job for it that came with the same token', () => {
    const memory = new SettledMemory();
    memory.ackSent('a', 'job');
    memory.ackLost('b', moment);
    expect(memory.take('a', 'other')).toBeUndefined();
    expect(memory.take('b', 'other')).toBeUndefined();
    expect(memory.take('b', 'job')).toBe(moment);
  });

  it('does not know messages without a token', () => {
    const memory = new SettledMemory();
    memory.ackSent(undefined, 'job');
    memory.ackLost(undefined, moment);
    expect(memory.take(undefined, 'job')).toBeUndefined();
    expect(memory.size).toBe(0);
  });
});
