import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import {
  ConfigurationError,
  NonRetryableJobError,
  RateLimitedJobError,
  RetryJobError,
  SnoozeJobError,
  WarrenError,
  isWarrenError,
} from '../kernel/errors/index.js';
import { packError, unpackError, type PackedError } from './packed-error.js';

/** Through a real port, as between threads. */
function crossed(thrown: unknown): unknown {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(packError(thrown));
  const packed = receiveMessageOnPort(port2)!.message as PackedError;
  port1.close();
  return unpackError(packed);
}

describe('an error that crosses to another thread', () => {
  it('keeps name, message, stack and what else it says', () => {
    class GatewayError extends Error {
      override readonly name = 'GatewayError';
      readonly code = 'ECONNREFUSED';
      readonly status = 503;
    }
    const thrown = new GatewayError('the gateway is down');
    const error = crossed(thrown) as GatewayError;
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'GatewayError', message: 'the gateway is down' });
    expect(error).toMatchObject({ code: 'ECONNREFUSED', status: 503 });
    expect(error.stack).toBe(thrown.stack);
    expect(Object.keys(error)).not.toContain('stack');
  });

  it('keeps when a rate-limited job is to come again', () => {
    const inAWhile = crossed(new RateLimitedJobError('7s', { holdRate: true, cause: new Error('429') }));
    expect(inAWhile).toBeInstanceOf(RateLimitedJobError);
    expect(inAWhile).toMatchObject({ inMs: 7_000, holdRate: true, cause: { message: '429' } });
    const at = new Date(Date.UTC(2026, 0, 1));
    expect(crossed(new RateLimitedJobError(at))).toMatchObject({ at: at.getTime(), holdRate: false });
  });

  it("is of JavaScript's own class again", () => {
    expect(crossed(new TypeError('no function'))).toBeInstanceOf(TypeError);
    expect(crossed(new RangeError('too far'))).toBeInstanceOf(RangeError);
  });

  it('keeps its causes, a ring of them too', () => {
    const inner = new Error('inner');
    const error = crossed(new Error('outer', { cause: inner })) as Error;
    expect((error.cause as Error).message).toBe('inner');
    inner.cause = inner;
    expect((crossed(inner) as Error).message).toBe('inner');
  });

  it('leaves behind what cannot be copied', () => {
    const thrown = Object.assign(new Error('failed'), { retry: () => undefined, status: 500 });
    const error = crossed(thrown);
    expect(error).toMatchObject({ message: 'failed', status: 500 });
    expect(error).not.toHaveProperty('retry');
  });

  it("of Warren's is one again, with its code and details", () => {
    const error = crossed(new WarrenError('WARREN_QUEUE_FULL', 'full', { details: { queue: 'email' } }));
    expect(isWarrenError(error, 'WARREN_QUEUE_FULL')).toBe(true);
    expect(error).toBeInstanceOf(WarrenError);
    expect(error).toMatchObject({ details: { queue: 'email' } });
  });

  it('of Warren stays one when its class is of another package', () => {
    const error = crossed(
      Object.assign(new WarrenError('WARREN_BULK_INCOMPLETE', 'half'), {
        name: 'BulkEnqueueError',
        failed: [1],
      }),
    );
    expect(isWarrenError(error, 'WARREN_BULK_INCOMPLETE')).toBe(true);
    expect(error).toMatchObject({ name: 'BulkEnqueueError', failed: [1] });
  });

  it.each([
    new NonRetryableJobError('gone', { cause: new Error('why') }),
    new RetryJobError('90s'),
    new SnoozeJobError('2m', 'later'),
    new ConfigurationError(['one', 'two']),
  ])('that decides keeps its class and its numbers: %s', (thrown) => {
    const error = crossed(thrown) as WarrenError;
    expect(error).toBeInstanceOf(thrown.constructor);
    expect(error.name).toBe(thrown.name);
    expect(error.message).toBe(thrown.message);
    expect({ ...error }).toEqual({ ...thrown });
  });

  it.each([['text'], [null], [undefined], [{ half: 'an error' }], [5]])('may be no error: %p', (thrown) => {
    expect(crossed(thrown)).toEqual(thrown);
  });

  it('is described when nothing of it can be copied', () => {
    expect((crossed(() => 5) as Error).message).toContain('thrown:');
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
        has: () => true,
      },
    );
    expect((crossed(hostile) as Error).message).toContain('cannot be described');
  });
});
