import type { Broker, ConsumeOptions, DeliveryListener } from '../ports/broker.js';
import { ManualClock } from '../testing/manual-clock.js';
import { Turn } from './handler-slots.js';
import { Intake } from './intake.js';

describe('an intake', () => {
  const clock = new ManualClock();
  let told: number[];
  let stops: number;
  let begun: ConsumeOptions | undefined;
  let answer: () => void;

  /** Says that it consumes when `answer` is called. */
  const broker = {
    consume: (queue: string, options: ConsumeOptions, _listener: DeliveryListener) => {
      begun = options;
      const consumption = {
        queue,
        isAttached: true,
        readAhead: (count: number) => void told.push(count),
        stop: async () => {
          await Promise.resolve();
          stops += 1;
        },
      };
      return new Promise((resolve) => (answer = () => resolve(consumption)));
    },
  } as unknown as Broker;

  const owner = { onDelivery: () => undefined, onLost: () => undefined };
  const shortRuns = (intake: Intake): void => {
    for (let count = 0; count < 50; count += 1) {
      const turn = new Turn(intake.slots, clock);
      void turn.begin();
      turn.end();
    }
  };

  beforeEach(() => {
    told = [];
    stops = 0;
    begun = undefined;
  });

  it('takes as much as there are slots, and tells its own consumption to take ahead', async () => {
    const intake = new Intake(4, clock, owner);
    const beginning = intake.begin(broker, 'email', { longestHoldMs: 60_000 });
    answer();
    await beginning;
    expect(begun).toEqual({ prefetch: 4, longestHoldMs: 60_000 });
    shortRuns(intake);
    expect(told).toEqual([120]);
  });

  it('takes ahead also when its handlers were short before the broker had answered', async () => {
    const intake = new Intake(4, clock, owner);
    const beginning = intake.begin(broker, 'email', {});
    shortRuns(intake);
    expect(told).toEqual([]);
    answer();
    await beginning;
    expect(told).toEqual([120]);
  });

  it('refuses those who wait for a slot when it stops', async () => {
    const intake = new Intake(1, clock, owner);
    const beginning = intake.begin(broker, 'email', {});
    answer();
    await beginning;
    void new Turn(intake.slots, clock).begin();
    const late = new Turn(intake.slots, clock);
    const wait = late.begin();
    await intake.stop();
    await wait;
    expect(late.refusal).toMatchObject({ kind: 'interrupted' });
    expect(stops).toBe(1);
  });
});
