import { silentLogger } from '../kernel/logger.js';
import type { JobMoment } from '../observe/moments.js';
import { ManualClock, settled } from '../testing/manual-clock.js';
import { EventInbox } from './event-inbox.js';

const OF_JOB = { at: 1, type: 'email:new', queue: 'email', attempt: 1, correlationId: undefined };

function momentOf(jobId: string): JobMoment {
  return { kind: 'enqueued', ...OF_JOB, jobId, notBefore: undefined };
}

function inboxOf(call: (moment: JobMoment) => unknown) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const inbox = new EventInbox('Alerts.on', call, { ...silentLogger, warn: write, error: write }, clock);
  return { clock, lines, inbox };
}

describe('the moments that wait for an @OnJobEvent method', () => {
  it('come in a later turn of the event loop, in their order', async () => {
    const heard: string[] = [];
    const { inbox, clock } = inboxOf(({ jobId }) => heard.push(jobId));
    const ids = Array.from({ length: 200 }, (_, index) => `job-${index}`);
    for (const id of ids) inbox.put(momentOf(id));
    expect(heard).toEqual([]);
    await clock.advance(0);
    expect(heard).toEqual(ids);
    expect(clock.pendingTimers).toBe(0);
  });

  it('come one at a time', async () => {
    const ends: Array<() => void> = [];
    const { inbox, clock } = inboxOf(() => new Promise<void>((resolve) => ends.push(resolve)));
    inbox.put(momentOf('a'));
    inbox.put(momentOf('b'));
    await clock.advance(0);
    expect(ends).toHaveLength(1);
    ends[0]!();
    await settled();
    expect(ends).toHaveLength(2);
  });

  it('go on after an error or a rejection, which is logged, at most once in 10 s', async () => {
    let calls = 0;
    const { inbox, clock, lines } = inboxOf(({ jobId }) => {
      calls += 1;
      if (jobId === 'a') throw new Error('thrown');
      return Promise.reject(new Error('rejected'));
    });
    inbox.put(momentOf('a'));
    inbox.put(momentOf('b'));
    await clock.advance(10_000);
    inbox.put(momentOf('c'));
    await clock.advance(0);
    expect(calls).toBe(3);
    expect(lines).toEqual([
      "@OnJobEvent Alerts.on failed at 'enqueued' of email:new a: Error: thrown (failed 1 so far). Jobs are not affected.",
      "@OnJobEvent Alerts.on failed at 'enqueued' of email:new c: Error: rejected (failed 3 so far). Jobs are not affected.",
    ]);
  });

  it('are a thousand at most: more are dropped, and counted in a warning', async () => {
    const heard: string[] = [];
    const { inbox, clock, lines } = inboxOf(({ jobId }) => heard.push(jobId));
    for (let index = 0; index < 1_005; index += 1) inbox.put(momentOf(`job-${index}`));
    await clock.advance(0);
    expect(heard).toHaveLength(1_000);
    expect(lines).toEqual([expect.stringMatching(/is too slow: 1000 moments wait.*dropped 1 so far/)]);
  });

  it('are dropped at the end', async () => {
    const heard: string[] = [];
    const { inbox, clock } = inboxOf(({ jobId }) => heard.push(jobId));
    inbox.put(momentOf('a'));
    inbox.close();
    inbox.put(momentOf('b'));
    await clock.advance(0);
    expect(heard).toEqual([]);
  });
});
