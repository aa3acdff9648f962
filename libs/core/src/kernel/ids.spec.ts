import { createIdSource } from './ids.js';
import { systemRandom } from './random.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const START = Date.UTC(2026, 0, 1);

function sourceAt(times: () => number) {
  return createIdSource(
    { now: times, elapsed: () => 0, setTimer: () => ({ cancel: () => undefined }) },
    systemRandom,
  );
}

const millisecondsOf = (id: string): number => parseInt(id.replace('-', '').slice(0, 12), 16);

describe('job ids', () => {
  it('are UUIDs of version 7 that hold the time', () => {
    const id = sourceAt(() => START).jobId();
    expect(id).toMatch(UUID_V7);
    expect(millisecondsOf(id)).toBe(START);
  });

  it('made in one millisecond sort in order of making, also past what its counter holds', () => {
    const ids = sourceAt(() => START);
    const made = Array.from({ length: 10_000 }, () => ids.jobId());
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(made.length);
    for (const id of made) expect(id).toMatch(UUID_V7);
  });

  it('still sort when the clock goes back', () => {
    let now = START;
    const ids = sourceAt(() => now);
    const made: string[] = [];
    for (const step of [0, 5, -3_000, 1, -1, 0, 2_990, 20]) {
      now += step;
      made.push(ids.jobId(), ids.jobId());
    }
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(made.length);
  });

  it('take their random part from the source given', () => {
    const zero = createIdSource(
      { now: () => START, elapsed: () => 0, setTimer: () => ({ cancel: () => undefined }) },
      { next: () => 0, fill: (target) => target.fill(0) },
    );
    expect(zero.jobId()).toMatch(/-7000-8000-000000000000$/);
  });
});

describe('tokens', () => {
  it('are 16 hexadecimal digits, each new', () => {
    const ids = sourceAt(() => START);
    const made = Array.from({ length: 5_000 }, () => ids.token());
    expect(new Set(made).size).toBe(made.length);
    for (const token of made) expect(token).toMatch(/^[0-9a-f]{16}$/);
  });
});
