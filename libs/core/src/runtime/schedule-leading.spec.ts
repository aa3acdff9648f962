import type { JobContext } from '../job/context.js';
import type { ScheduleStore } from '../ports/store-schedules.js';
import type { CodeSchedule } from '../schedules/definition.js';
import { MemoryJobStore } from '../store/memory/index.js';
import { flakyStore, type StoreFaults } from '../testing/flaky-store.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { ManualClock, settled } from '../testing/manual-clock.js';

/** Schedules over several processes: one leads, another takes over. Each has a way of its own to one store. */

const START = Date.parse('2026-01-05T08:00:00.250Z');

let clock: ManualClock;
let memory: MemoryJobStore;
let harness: Harness;
let ran: string[];

interface Process {
  readonly harness: Harness;
  readonly faults: StoreFaults;
}

async function process(schedules: readonly CodeSchedule[] = []): Promise<Process> {
  const faults: StoreFaults = { isAway: false, calls: [] };
  // Another process's change is seen by asking, as it is in Redis.
  const { schedules: facet, ...store } = flakyStore(memory.connect(), faults);
  const asked = Object.defineProperty(Object.create(facet as object) as ScheduleStore, 'onChange', {
    value: undefined,
  });
  const made = await harness.another({ schedules, options: { store: { ...store, schedules: asked } } });
  await settled();
  return { harness: made, faults };
}

function declared(
  options: Partial<CodeSchedule['options']>,
  compute?: CodeSchedule['compute'],
): CodeSchedule {
  return {
    name: 'tick',
    place: 'Clock.tick',
    options: { job: 'report:new', every: '1s', ...options },
    compute,
  };
}

/** As a process that is killed: it neither asks the store nor hears of it again. */
function kill({ faults }: Process): void {
  faults.isAway = true;
}

const leads = ({ faults }: Process): boolean => faults.calls.includes('schedules.advance');

/** Seconds from 08:00:01, as the ends of job ids. */
const until = (last: number): string[] =>
  Array.from({ length: last }, (_, index) => `08:00:${String(index + 1).padStart(2, '0')}.000Z`);

/** Runs the jobs, and lives on. */
beforeEach(async () => {
  clock = new ManualClock(START);
  memory = new MemoryJobStore({ clock });
  ran = [];
  const run = (_payload: unknown, job: JobContext) => void ran.push(job.id.replace(/^.*T/, ''));
  const options = { store: memory.connect(), schedules: false } as const;
  harness = await startHarness({ clock, handlers: [{ type: 'report:', run }], options });
});

afterEach(() => harness.close());

describe('several processes with one schedule', () => {
  it('make each occurrence once, and one of them makes them all', async () => {
    const all = [await process([declared({})]), await process([declared({})]), await process([declared({})])];
    await clock.advance(10_000);
    expect(ran).toEqual(until(10));
    expect(all.filter(leads)).toHaveLength(1);
  });

  it('go on within 10 s when the leader dies, and miss none with missed: all', async () => {
    const all = [
      await process([declared({ missed: 'all' })]),
      await process([declared({ missed: 'all' })]),
      await process([declared({ missed: 'all' })]),
    ];
    await clock.advance(5_000);
    kill(all[0]!);
    await clock.advance(10_000);
    const successor = all.slice(1).find(leads)!;
    expect(successor).toBeDefined();
    expect(ran).toEqual(until(15));
    kill(successor);
    await clock.advance(15_000);
    expect(ran).toEqual(until(30));
  });

  it('go on within 2 s when the leader shuts down', async () => {
    const [first] = [await process([declared({})]), await process([declared({})])];
    await clock.advance(3_000);
    const drained = first.harness.warren.drain();
    await clock.advance(2_000);
    await drained;
    ran.length = 0;
    await clock.advance(3_000);
    expect(ran).toEqual(until(8).slice(5));
  });

  it('make the occurrence again whose leader died before it could say so, as the same job', async () => {
    const [first] = [
      await process([declared({ missed: 'all' })]),
      await process([declared({ missed: 'all' })]),
    ];
    first.faults.instead = (name, call) => {
      if (name !== 'schedules.advance') return call();
      kill(first);
      return Promise.reject(new Error('it died here'));
    };
    await clock.advance(10_000);
    expect(ran).toEqual(until(10));
    expect(harness.recorder.all('duplicate')).toMatchObject([{ jobId: 'tick@2026-01-05T08:00:01.000Z' }]);
  });

  it('let one that stood still make nothing of what the next leader has made', async () => {
    const [first] = [
      await process([declared({ missed: 'all' })]),
      await process([declared({ missed: 'all' })]),
    ];
    await clock.advance(2_000);
    kill(first);
    await clock.advance(10_000);
    first.faults.isAway = false;
    await clock.advance(5_000);
    expect(ran).toEqual(until(17));
    expect(await harness.jobs.schedules.get('tick')).toMatchObject({ fired: 17 });
  });

  it('let the leader shut down although a payload function never ends, and another goes on', async () => {
    const compute = () => new Promise(() => undefined);
    const first = await process([declared({ missed: 'all' }, compute)]);
    await process([declared({ missed: 'all' }, () => 'x')]);
    await clock.advance(2_000);
    const drained = first.harness.warren.drain();
    await clock.advance(10_000);
    await drained;
    expect(ran).toEqual(until(12));
  });

  it('see within 2 s what another process changed', async () => {
    const [, second] = [await process([declared({})]), await process([declared({})])];
    await clock.advance(3_000);
    await second.harness.jobs.schedules.pause('tick');
    await clock.advance(2_000);
    ran.length = 0;
    await clock.advance(5_000);
    expect(ran).toEqual([]);
    await second.harness.jobs.schedules.resume('tick');
    await clock.advance(4_000);
    expect(ran.length).toBeGreaterThanOrEqual(2);
  });

  it('begin within 10 s with the first schedule that somebody puts', async () => {
    await process();
    await memory.schedules.put({
      name: 'tick',
      origin: 'runtime',
      timing: '{"everyMs":1000}',
      body: '{"type":"report:new","jitterMs":0,"missed":"all","overlap":"allow"}',
      at: clock.now(),
    });
    await clock.advance(10_000);
    expect(ran).toEqual(until(10));
  });
});

describe('a leader that lacks the code of a payload', () => {
  it('lets a process lead that has it', async () => {
    const first = await process([declared({ missed: 'all' })]);
    await clock.advance(1_000);
    const compute = ({ at }: { readonly at: Date }) => at.getTime();
    const second = await process([declared({ missed: 'all' }, compute)]);
    await clock.advance(10_000);
    expect(leads(second)).toBe(true);
    expect(ran).toEqual(until(11));
    expect(first.harness.lines('warn')).toEqual([
      'Schedule tick: its payload is made by a function that is not in the code of this process. Another process that has it takes over, if there is one.',
    ]);
    const payload = (await harness.jobs.get('tick@2026-01-05T08:00:09.000Z'))?.payload;
    expect(payload).toBe(Date.parse('2026-01-05T08:00:09Z'));
  });
});

describe('schedules while the job store is away', () => {
  it.each([
    ['all', 30],
    ['once', 11],
    ['skip', 11],
  ] as const)('stand still, say so once, and go on as missed: %s says', async (missed, expected) => {
    const only = await process([declared({ missed })]);
    await clock.advance(5_000);
    kill(only);
    await clock.advance(20_000);
    // That of the sixth second was under way.
    expect(ran).toEqual(until(6));
    only.faults.isAway = false;
    await clock.advance(5_000);
    expect(ran).toHaveLength(expected);
    const told = [...only.harness.lines('warn'), ...only.harness.lines('info')].filter((line) =>
      line.startsWith('Schedules'),
    );
    expect(told).toEqual([
      expect.stringMatching(/^Schedules stand still: the job store did not answer: away for the test/),
      expect.stringMatching(/makes the jobs of 1 of them \(term 1\)/),
      'Schedules: the job store answers again, and they go on.',
      expect.stringMatching(/makes the jobs of 1 of them \(term 2\)/),
    ]);
  });
});
