import type { QueueSpec } from '../../../ports/broker.js';
import { topologyNames } from '../topology/names.js';
import type { LookedAt, ObjectState } from './amqp-look.js';
import { foreignLevelFindings, foreignLevels } from './foreign-levels.js';

const names = topologyNames('shop');

const needs = (priorities?: number, more: Partial<QueueSpec> = {}) => ({
  spec: {
    name: 'email',
    type: 'quorum' as const,
    deliveryLimit: 5,
    maxLength: undefined,
    overflow: 'reject' as const,
    messageTtlMs: 3_600_000,
    deadLetterTtlMs: 3_600_000,
    deadLetterMaxLength: 100,
    priorities,
    ...more,
  },
  longestHoldMs: undefined,
  isConsumed: true,
});

const suffixes = (priorities?: number): string[] =>
  foreignLevels([needs(priorities)], names).map(({ queue }) => queue.name.replace('shop.q.email', ''));

/** With that at the broker, by the name of the queue; the others are missing. */
function findings(there: Readonly<Record<string, ObjectState>>, priorities?: number) {
  const levels = foreignLevels([needs(priorities)], names);
  const states = new Map<LookedAt, ObjectState>(
    levels.map(({ queue }) => [queue, there[queue.name] ?? { kind: 'missing' }]),
  );
  return foreignLevelFindings(levels, { states, answerMs: 1, problem: '' }, '/prod');
}

const level = (messages: number, consumers = 0): ObjectState => ({ kind: 'uncompared', messages, consumers });

describe('levels of a queue that other processes have', () => {
  it('are all that a queue can have and this one has not', () => {
    expect(suffixes(3)).toEqual(['@+5', '@+4', '@+3', '@+2', '@-2', '@-3', '@-4']);
    expect(suffixes()).toEqual(['@+5', '@+4', '@+3', '@+2', '@+1', '@-1', '@-2', '@-3', '@-4']);
    expect(suffixes(10)).toEqual([]);
  });

  it('are nothing to tell of where there are none', () => {
    expect(findings({}, 3)).toEqual([]);
  });

  it('fail the check where jobs wait there: with their number, and both ways to mend it', () => {
    expect(findings({ 'shop.q.email@+2': level(7) }, 3)).toEqual([
      {
        level: 'fail',
        subject: 'queue email',
        message:
          "7 messages wait in 'shop.q.email@+2', which has 0 consumers: a level that the queue does not have here, with priorities 3. Another process says more levels, or did.",
        fix: "Say the same queues.email.priorities in every process, workers too: from 4 on the queue has that level, and its jobs run. Or move the messages to 'shop.q.email', from the page of the queue in the management UI or by a shovel.",
      },
    ]);
  });

  it('are a warning where they are empty', () => {
    expect(findings({ 'shop.q.email@-1': level(0, 2) })).toEqual([
      {
        level: 'warn',
        subject: 'queue email',
        message:
          "'shop.q.email@-1' is there, empty and with 2 consumers: a level that the queue does not have here, without priorities. Another process says more levels, or did.",
        fix: "Say the same queues.email.priorities in every process: from 3 on the queue has that level. If none has it any more: rabbitmqctl delete_queue -p '/prod' 'shop.q.email@-1' --if-empty",
      },
    ]);
  });

  it('are told of one by one', () => {
    const there = { 'shop.q.email@+1': level(1), 'shop.q.email@-1': level(0) };
    expect(findings(there).map(({ level: said }) => said)).toEqual(['fail', 'warn']);
    expect(findings(there)[0]!.message).toMatch(/^1 message waits in 'shop\.q\.email@\+1'/);
  });

  it('are not known where the broker did not say, which is told once', () => {
    const unknown: ObjectState = { kind: 'unknown', why: 'it did not answer in time' };
    expect(findings({ 'shop.q.email@+2': unknown, 'shop.q.email@-2': unknown })).toEqual([
      {
        level: 'unknown',
        subject: 'priorities',
        message:
          'Whether other processes have more levels of priority was not looked at: it did not answer in time.',
        fix: "rabbitmqctl list_queues -p '/prod' name messages consumers, for names with an @; or check again, with a longer timeout.",
      },
    ]);
  });
});
