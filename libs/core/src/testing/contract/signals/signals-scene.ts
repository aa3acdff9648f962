import type { Broker } from '../../../ports/broker.js';
import type { Signal, SignalTopic, Signals } from '../../../ports/signals.js';
import { until } from '../../until.js';
import type { BrokerUnderTest } from '../broker-under-test.js';

/** What one case works with: processes that hear and send, all of which end with it. */
export class SignalsScene {
  private readonly opened: Broker[] = [];

  constructor(private readonly subject: BrokerUnderTest) {}

  /** Another process's signals. */
  async process(): Promise<{ readonly signals: Signals; readonly broker: Broker }> {
    const broker = await this.subject.connect();
    this.opened.push(broker);
    return { signals: signalsOf(broker), broker };
  }

  /** Listens, and can be heard by when it resolves. */
  async listener(signals: Signals, topic: SignalTopic): Promise<Ear> {
    const ear = new Ear(signals, topic);
    await until(() => ear.attachedTimes > 0, `signals of '${topic}' can be heard`);
    return ear;
  }

  async end(): Promise<void> {
    for (const broker of this.opened) await broker.close();
  }
}

/** One listener and what it heard. */
export class Ear {
  readonly heard: Signal[] = [];
  attachedTimes = 0;
  readonly leave: () => void;

  constructor(signals: Signals, topic: SignalTopic) {
    this.leave = signals.listen(topic, {
      onSignal: (signal) => void this.heard.push(signal),
      onAttached: () => (this.attachedTimes += 1),
    });
  }

  get bodies(): unknown[] {
    return this.heard.map(({ body }) => body);
  }

  async untilHeard(count: number): Promise<void> {
    await until(
      () => this.heard.length >= count,
      () => `${count} signals are heard; it is ${JSON.stringify(this.heard)}`,
    );
  }
}

export function signalsOf(broker: Broker): Signals {
  if (broker.signals) return broker.signals;
  throw new Error('This broker under test has no signals: there is nothing for this contract to test.');
}
