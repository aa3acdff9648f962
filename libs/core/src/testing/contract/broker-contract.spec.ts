import { createMemoryBroker } from '../../broker/memory/index.js';
import { systemClock } from '../../kernel/clock.js';
import type { Broker } from '../../ports/broker.js';
import { flakyBroker, BrokerFaults } from '../flaky-broker.js';
import { brokerCases } from './index.js';

/** Brokers that break one promise each, in a way that shows at once: the case of that promise must say so. */
describe('the broker contract', () => {
  async function verdict(sentence: RegExp, broken: (broker: Broker) => Partial<Broker>): Promise<unknown> {
    const cases = brokerCases.filter(({ name }) => sentence.test(name));
    expect(cases).toHaveLength(1);
    const sound = createMemoryBroker({ clock: systemClock });
    const faultless = flakyBroker(sound, new BrokerFaults());
    const broker: Broker = { ...faultless, ...broken(sound) };
    const connect = () => Promise.resolve<Broker>({ ...flakyBroker(sound.connect(), new BrokerFaults()) });
    try {
      await cases[0]!.run({ broker, connect, dispose: () => broker.close() });
      return 'kept';
    } catch (error) {
      return error;
    } finally {
      await sound.close();
    }
  }

  it('has a sentence of its own for each case', () => {
    const names = brokerCases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z].* .*\w$/);
  });

  it('is kept by a broker that only wraps another', async () => {
    expect(await verdict(/in the order they were published/, () => ({}))).toBe('kept');
  });

  it('notices a message that comes twice', async () => {
    const faults = new BrokerFaults();
    faults.duplicatePublishes(1);
    const error = await verdict(/^brings 500 messages/, (broker) => flakyBroker(broker, faults));
    expect(error).toMatchObject({ code: 'ERR_ASSERTION' });
  });

  it('notices a delayed message that comes early', async () => {
    const error = await verdict(/never hands out a delayed message early/, (broker) => ({
      publish: (message, { queue, delayMs = 0 }) => broker.publish(message, { queue, delayMs: delayMs - 40 }),
    }));
    expect(String(error)).toMatch(/the message with delay \d+ ms came after \d+ ms/);
  });

  it('notices a header that got lost', async () => {
    const error = await verdict(/every property and every header/, (broker) => ({
      publish: (message, target) => {
        const { zero: _zero, ...headers } = message.headers;
        return broker.publish({ ...message, headers }, target);
      },
    }));
    expect(error).toMatchObject({ code: 'ERR_ASSERTION' });
  });

  it('notices a queue that refuses with another code', async () => {
    const error = await verdict(/WARREN_UNROUTABLE/, () => ({
      publish: () => Promise.reject(new Error('no such queue')),
    }));
    expect(String(error)).toContain('expected WARREN_UNROUTABLE, got Error: no such queue');
  });

  it('notices a walk that loses a dead letter', async () => {
    const error = await verdict(/oldest first, again and again/, (broker) => {
      let isFirst = true;
      return {
        visitDeadLetters: (queue, visit) =>
          broker.visitDeadLetters(queue, (letter) => {
            const decision = visit(letter);
            const isLost = isFirst && decision === 'keep';
            isFirst = false;
            return isLost ? 'discard' : decision;
          }),
      };
    });
    expect(error).toMatchObject({ code: 'ERR_ASSERTION' });
  });

  it('says what is missing when a case needs what the broker under test does not give', async () => {
    const error = await verdict(/tells of a lost consumer/, () => ({}));
    expect(String(error)).toContain("say `without: ['loseConsumers']`");
  });
});
