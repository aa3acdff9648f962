import type { Clock } from '../kernel/clock.js';
import { parseDuration, type Duration } from '../kernel/duration.js';
import { ERROR_CODES, WarrenError, isWarrenError, describeError } from '../kernel/errors/index.js';
import { within } from '../kernel/within.js';
import type { Broker } from '../ports/broker.js';
import type { BrokerObject } from '../ports/broker-operations.js';
import type { Finding, InspectOptions, QueueNeeds } from '../ports/finding.js';

/** What the broker has against what the application needs. */

/** What a check has found. */
export interface TopologyReport {
  /** Whether nothing is to be mended: no finding of level `warn` or `fail`. `unknown` ones do not count. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

export interface TopologyParts {
  readonly broker: Broker;
  readonly clock: Clock;
  /** Resolves when the first try to connect is over. */
  readonly connected: () => Promise<void>;
  /** What the application needs of its queues. */
  readonly needs: () => readonly QueueNeeds[];
}

export class Topology {
  constructor(private readonly parts: TopologyParts) {}

  /**
   * Looks at the server, its exchanges, queues and bindings, and says what differs from what the handlers and options
   * need, and how to mend it. Changes nothing at the broker. Resolves after `timeout` (default 10 s) at the latest,
   * also while the broker is away: that is a finding.
   * @throws ConfigurationError when `timeout` is no duration.
   */
  async check(options: { readonly timeout?: Duration } = {}): Promise<TopologyReport> {
    const limitMs = parseDuration(options.timeout ?? '10s', 'check: timeout');
    return this.inspect('full', limitMs);
  }

  /**
   * What the application has at the broker, and for the queues that its options list and that it consumes, as it should
   * be; asks nothing. Empty where the broker given cannot say it.
   */
  objects(): readonly BrokerObject[] {
    const { broker, needs } = this.parts;
    return broker.operations?.objects(needs().map(({ spec }) => spec)) ?? [];
  }

  /**
   * Makes what is missing at the broker: exchanges and delay levels, which connecting makes, and the queues that the
   * options list or this process consumes. What is there otherwise than wanted stays as it is.
   * @returns the queues.
   * @throws WarrenError WARREN_TOPOLOGY_MISMATCH for the first that exists with other arguments, WARREN_NOT_CONNECTED.
   */
  async apply(): Promise<readonly string[]> {
    const { broker, connected, needs } = this.parts;
    await connected();
    const { state, text } = broker.status();
    // A queue asked for while the broker is away would be made whenever it comes back.
    if (state === 'connecting') {
      throw new WarrenError(
        'WARREN_NOT_CONNECTED',
        `jobs.topology.apply: ${text}. Try again when it is back.`,
      );
    }
    const specs = needs().map(({ spec }) => spec);
    for (const spec of specs) await broker.ensureQueue(spec);
    return specs.map(({ name }) => name);
  }

  /** @internal */
  async inspect(depth: InspectOptions['depth'], limitMs: number): Promise<TopologyReport> {
    const { broker, clock, connected, needs } = this.parts;
    const startedAt = clock.elapsed();
    try {
      // A first try that takes longer shows in what the broker says of itself.
      await within(connected(), limitMs, clock);
    } catch (error) {
      return reportOf([notConnected(error)]);
    }
    if (!broker.inspect) return reportOf([notInspected(broker)]);
    const leftMs = Math.max(0, limitMs - (clock.elapsed() - startedAt));
    return reportOf(await broker.inspect(needs(), { depth, limitMs: leftMs }));
  }
}

function reportOf(findings: readonly Finding[]): TopologyReport {
  return { ok: findings.every(({ level }) => level === 'ok' || level === 'unknown'), findings };
}

function notConnected(error: unknown): Finding {
  const { message } = describeError(error);
  const fix = isWarrenError(error) ? ERROR_CODES[error.code].cure : 'Look at the log of this process.';
  return { level: 'fail', subject: 'broker', message, fix };
}

function notInspected(broker: Broker): Finding {
  const { state, text } = broker.status();
  if (state === 'connecting' || state === 'closed') {
    return {
      level: 'fail',
      subject: 'broker',
      message: `${text} (${state})`,
      fix: 'Look at the log of this process.',
    };
  }
  return {
    level: 'unknown',
    subject: 'broker',
    message: `The broker given (${broker.kind}) cannot be inspected.`,
    fix: 'Give it the method inspect of the port Broker.',
  };
}
