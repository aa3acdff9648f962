import type { GetMessage } from 'amqplib';
import type { Message } from '../../job/message.js';
import { brokerReasonOf, deliveryCountOf, fromAmqp, toBuffer, toPublishOptions } from './properties.js';

const message: Message = { body: Buffer.from('{}'), headers: {} };

function arrived(properties: Record<string, unknown>): GetMessage {
  return { content: Buffer.from('{}'), fields: {}, properties } as unknown as GetMessage;
}

/** As amqplib sends them: what is undefined is left out. */
function sentWith(headers: Message['headers']): Record<string, unknown> {
  const { headers: given } = toPublishOptions({ ...message, headers });
  return Object.fromEntries(
    Object.entries(given as Record<string, unknown>).filter(([, value]) => value !== undefined),
  );
}

describe('publishing', () => {
  it('is persistent and mandatory, and counts time in whole seconds', () => {
    expect(toPublishOptions({ ...message, timestamp: 1_760_000_000_999 })).toMatchObject({
      persistent: true,
      mandatory: true,
      timestamp: 1_760_000_000,
    });
    expect(toPublishOptions(message)).toMatchObject({ timestamp: undefined });
  });

  it('takes away what a broker added on the way and what would make it route copies', () => {
    const headers = {
      'x-death': [{}],
      'x-first-death-queue': 'a',
      'x-first-death-reason': 'a',
      'x-last-death-exchange': 'a',
      'x-delivery-count': 3,
      'x-acquired-count': 3,
      'x-opt-deaths': [],
      CC: ['other'],
      BCC: ['other'],
      'x-tenant': 'blue',
      cc: 'lower case means nothing',
      'warren-attempt': 2,
    };
    expect(sentWith(headers)).toEqual({
      'x-tenant': 'blue',
      cc: 'lower case means nothing',
      'warren-attempt': 2,
    });
    expect(Object.keys(headers)).toHaveLength(12);
  });

  it('takes no header of one message along to the next', () => {
    expect(sentWith({ first: 1, both: 1 })).toEqual({ first: 1, both: 1 });
    expect(sentWith({ second: 2, both: 2 })).toEqual({ second: 2, both: 2 });
    expect(sentWith({})).toEqual({});
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`h-${index}`, index]));
    expect(sentWith(many)).toEqual(many);
    expect(sentWith({ 'h-7': 'other' })).toEqual({ 'h-7': 'other' });
  });

  it('copies no bytes', () => {
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const buffer = toBuffer(bytes);
    expect([...buffer]).toEqual([2, 3]);
    expect(buffer.buffer).toBe(bytes.buffer);
    const same = Buffer.from('x');
    expect(toBuffer(same)).toBe(same);
  });
});

describe('what arrives', () => {
  it('keeps the properties that it has, and only those', () => {
    expect(fromAmqp(arrived({}))).toEqual({ body: Buffer.from('{}'), headers: {} });
    expect(
      fromAmqp(arrived({ messageId: 'id', type: 't', timestamp: 7, priority: 0, headers: { a: 1 } })),
    ).toEqual({
      body: Buffer.from('{}'),
      messageId: 'id',
      type: 't',
      timestamp: 7_000,
      priority: 0,
      headers: { a: 1 },
    });
  });

  it('has no id when the id is empty, and no property of a wrong kind', () => {
    const read = fromAmqp(
      arrived({ messageId: '', type: 7, timestamp: {}, priority: '1', correlationId: null }),
    );
    expect(read).toEqual({ body: Buffer.from('{}'), headers: {} });
  });

  it('comes for the first time unless the broker counts otherwise', () => {
    expect(deliveryCountOf({})).toBe(0);
    expect(deliveryCountOf({ 'x-delivery-count': 4 })).toBe(4);
    expect(deliveryCountOf({ 'x-delivery-count': 'many' })).toBe(0);
  });
});

describe('the reason of the broker', () => {
  it.each([
    ['delivery_limit', 'poison'],
    ['expired', 'expired'],
    ['rejected', 'rejected'],
    ['maxlen', 'displaced'],
    ['something new', undefined],
  ])('%s means %s', (reason, wanted) => {
    expect(brokerReasonOf({ 'x-death': [{ reason }, { reason: 'rejected' }] })).toBe(wanted);
  });

  it.each([undefined, null, 'text', {}, [], [null], ['text'], [{ reason: 7 }]])('is none in %j', (deaths) => {
    expect(brokerReasonOf({ 'x-death': deaths })).toBeUndefined();
  });
});
