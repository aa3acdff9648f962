import { systemClock } from '../../kernel/clock.js';
import type { RabbitMqSettings } from '../../options/settings.js';
import { QueueOperations, queueNamesIn } from './queue-operations.js';

describe('queues as operators meet them', () => {
  it('have the names of job queues, each once, whatever levels they have', () => {
    const names = ['shop.q.email', 'shop.q.email@+1', 'shop.dead.email', 'shop.delay.v1.0', 'shop.q.a.b'];
    expect(queueNamesIn(names, 'shop.q.')).toEqual(['a.b', 'email']);
  });

  it('are shown with all that belongs to the application, and to each queue given', () => {
    const settings = { app: 'shop', queueType: 'quorum', urls: ['amqp://localhost'] } as const;
    const operations = new QueueOperations(settings as unknown as RabbitMqSettings, systemClock, {
      model: () => {
        throw new Error('nothing is asked');
      },
      specOf: () => undefined,
    });
    const spec = {
      name: 'email',
      type: 'classic',
      deliveryLimit: 20,
      maxLength: 5,
      overflow: 'reject',
      messageTtlMs: 1_000,
      deadLetterTtlMs: 1_000,
      deadLetterMaxLength: 10,
    } as const;
    const objects = operations.objects([spec]);
    expect(objects).toContainEqual({ kind: 'exchange', name: 'shop.jobs', facts: { type: 'direct' } });
    expect(objects).toContainEqual(
      expect.objectContaining({
        kind: 'queue',
        name: 'shop.q.email',
        facts: expect.objectContaining({ role: 'jobs', 'x-max-length': 5 }),
      }),
    );
    expect(objects).toContainEqual({
      kind: 'binding',
      name: 'shop.jobs -> shop.q.email',
      facts: { to: 'queue', pattern: 'email' },
    });
  });
});
