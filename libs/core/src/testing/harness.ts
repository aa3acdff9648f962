import { createMemoryBroker, type MemoryBroker } from '../broker/memory/index.js';
import type { JobContext } from '../job/context.js';
import type { JobDefinition, PayloadContract } from '../job/definition.js';
import type { LoopClock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import type { HandlerOptions } from '../options/handler.js';
import type { JobsOptions } from '../options/module.js';
import type { JobQueue } from '../runtime/job-queue.js';
import type { CodeSchedule } from '../schedules/definition.js';
import { Warren } from '../runtime/warren.js';
import { BrokerFaults, flakyBroker } from './flaky-broker.js';
import { ManualClock } from './manual-clock.js';
import { Recorder } from './recorder.js';
import { seededRandom } from './seeded-random.js';

export interface HarnessHandler {
  /** Type, prefix or `''`. */
  readonly type: string;
  readonly options?: HandlerOptions;
  readonly definition?: JobDefinition;
  readonly payload?: PayloadContract;
  readonly run: (payload: unknown, job: JobContext) => unknown;
}

export interface HarnessSetup {
  readonly handlers?: readonly HarnessHandler[];
  readonly options?: JobsOptions;
  /** As those of `@Scheduled`. */
  readonly schedules?: readonly CodeSchedule[];
  /** Default: none, so that nobody watches the event loop. */
  readonly loopClock?: LoopClock;
  /** Default true: as after boot. */
  readonly start?: boolean;
}

/** What the first harness may bring along, and the others of a test share. */
export interface HarnessGround {
  readonly clock?: ManualClock;
  /** With queues and messages of before. On the same clock. */
  readonly broker?: MemoryBroker;
}

/**
 * The runtime without Nest, on a memory broker with faults, a manual clock and seeded randomness. `broker` is the
 * test's own connection to the queues: without faults, and open until the harness is closed.
 */
export class Harness {
  readonly recorder = new Recorder();
  readonly warren: Warren;
  private readonly written: Array<readonly [keyof Logger, string]> = [];
  private readonly others: Harness[] = [];

  constructor(
    setup: HarnessSetup,
    readonly clock: ManualClock,
    readonly broker: MemoryBroker,
    readonly faults: BrokerFaults,
    /** Of its own for each process: ids and tokens of two never meet. */
    seed = 1,
  ) {
    this.warren = new Warren({
      options: { ...setup.options, broker: flakyBroker(broker.connect(), faults) },
      logger: this.logger(),
      clock,
      random: seededRandom(seed),
      ...(setup.loopClock && { loopClock: setup.loopClock }),
      // As in tests of an application: handlers with isolation: 'thread' run here.
      environment: { production: false, test: true },
    });
    this.warren.observe(this.recorder.observer);
    this.warren.register((setup.handlers ?? []).map(registrationOf));
    this.warren.scheduling.declare(setup.schedules ?? []);
  }

  get jobs(): JobQueue {
    return this.warren.jobs;
  }

  /** Lines written at a level. */
  lines(level: keyof Logger): string[] {
    return this.written.filter(([at]) => at === level).map(([, line]) => line);
  }

  /** Another process's worth of Warren on the same broker and clock. */
  async another(setup: HarnessSetup = {}): Promise<Harness> {
    const other = new Harness(setup, this.clock, this.broker, this.faults, 2 + this.others.length);
    this.others.push(other);
    if (setup.start !== false) await other.warren.start();
    return other;
  }

  /** The channel of the queue's consumers dies. */
  loseConsumers(queue: string, why = 'the channel closed'): void {
    this.broker.loseConsumers(queue, why);
  }

  /** Ends all at once, without waiting for handlers. */
  async close(): Promise<void> {
    const closing = Promise.all([this, ...this.others].map(({ warren }) => warren.close()));
    await this.clock.advance(60_000);
    await closing;
    await this.broker.close();
  }

  private logger(): Logger {
    const write = (level: keyof Logger) => (line: string) => void this.written.push([level, line]);
    return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  }
}

/** Boots the runtime (unless `start` is false). Close it after the test. */
export async function startHarness(setup: HarnessSetup & HarnessGround = {}): Promise<Harness> {
  const { clock = new ManualClock() } = setup;
  const broker = setup.broker?.connect() ?? createMemoryBroker({ clock });
  const harness = new Harness(setup, clock, broker, new BrokerFaults(clock));
  if (setup.start !== false) await harness.warren.start();
  return harness;
}

function registrationOf({ type, options, definition, payload, run }: HarnessHandler) {
  return {
    pattern: type,
    place: `handler of '${type}'`,
    options: options ?? {},
    definition,
    payload: payload ?? definition?.payload,
    run: (context: JobContext) => run(context.payload, context),
  };
}
