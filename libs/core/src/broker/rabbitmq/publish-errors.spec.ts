import { QueueFullError } from '../../kernel/errors/index.js';
import type { FullAt, Pending } from './confirms.js';
import * as failed from './publish-errors.js';

function pending(more: { fullAt?: FullAt; messageId?: string; type?: string } = {}): Pending {
  const { fullAt, ...message } = more;
  return {
    message: { body: Buffer.alloc(0), headers: {}, ...message },
    route: { exchange: 'e', routingKey: 'k', queue: 'email', fullAt },
    deadlineAt: 0,
    resolve: () => undefined,
    reject: () => undefined,
    isReturned: false,
    wasSent: false,
    isRefused: false,
  };
}

describe('the error of a publish', () => {
  it('names job, type and queue, in words and for machines', () => {
    const error = failed.unroutable(pending({ messageId: 'id-1', type: 'email:new' }));
    expect(error.message).toMatch(/^Job id-1 \(email:new\) for queue 'email' /);
    expect(error.details).toEqual({ queue: 'email', jobId: 'id-1', type: 'email:new' });
    expect(failed.unroutable(pending()).message).toMatch(/^A message for queue 'email' /);
  });

  it('means a full queue by a nack only when the queue has a limit', () => {
    const full = failed.nacked(
      pending({ fullAt: { maxLength: 7, maxBytes: undefined }, messageId: 'id-1', type: 'email:new' }),
    );
    expect(full).toBeInstanceOf(QueueFullError);
    expect(full).toMatchObject({ code: 'WARREN_QUEUE_FULL', queue: 'email', maxLength: 7 });
    expect(full.details).toEqual({
      queue: 'email',
      maxLength: 7,
      maxBytes: undefined,
      jobId: 'id-1',
      type: 'email:new',
    });
    expect(full.message).toMatch(/^Job id-1 \(email:new\) was refused: queue 'email' .* maximum of 7 /);
    expect(failed.nacked(pending()).code).toBe('WARREN_PUBLISH_REFUSED');
  });

  it.each([
    [{ maxLength: undefined, maxBytes: 900 }, 'maximum of 900 bytes.'],
    [{ maxLength: 7, maxBytes: 900 }, 'maximum of 7 waiting jobs or 900 bytes.'],
  ])('names the limits of a full queue: %j', (fullAt, text) => {
    const full = failed.nacked(pending({ fullAt }));
    expect(full).toMatchObject({ ...fullAt, details: fullAt });
    expect(full.message).toContain(text);
  });

  it('tells too large from refused when the broker closed the channel', () => {
    const large = 'PRECONDITION_FAILED - message size 20 is larger than configured max size 10';
    expect(failed.channelClosedOver(pending(), large).code).toBe('WARREN_PAYLOAD_TOO_LARGE');
    expect(failed.channelClosedOver(pending(), 'NOT_FOUND - no exchange').code).toBe(
      'WARREN_PUBLISH_REFUSED',
    );
  });

  it('tells headers that do not fit from those of a wrong kind', () => {
    const [large, wrong] = [
      new RangeError('exceeds the encoding buffer'),
      new TypeError('Field is not a string'),
    ];
    expect(failed.unsendable(pending(), large)).toMatchObject({
      code: 'WARREN_PAYLOAD_TOO_LARGE',
      cause: large,
    });
    expect(failed.unsendable(pending(), wrong)).toMatchObject({ code: 'WARREN_CONFIGURATION', cause: wrong });
  });

  it('says why there was no connection, or that there was none yet', () => {
    expect(failed.notSent(pending(), 400, 'connect ECONNREFUSED').message).toContain('connect ECONNREFUSED');
    expect(failed.notSent(pending(), 400, '').message).toContain('not connected yet');
  });

  it.each([
    failed.unroutable(pending()),
    failed.nacked(pending()),
    failed.nacked(pending({ fullAt: { maxLength: 1, maxBytes: undefined } })),
    failed.notSent(pending(), 1, ''),
    failed.notConfirmed(pending(), 1),
    failed.backlog(pending().route, 1, 1),
    failed.closed('publish'),
  ])('ends with what to do: $code', ({ message }) => {
    expect(message).toMatch(/[.;:] [A-Z]?[a-z ]*(Declare|Look|Check|Enqueue|Add workers)\b.*\.$/);
  });
});
