import { WarrenError } from '../../kernel/errors/index.js';
import {
  accessRefused,
  isAccessRefused,
  isEnded,
  isHopeless,
  isMissing,
  isTooLarge,
  isTooLargeToEncode,
  textOf,
  topologyRefusal,
} from './amqp-errors.js';

const HANDSHAKE_403 =
  'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."';
const VHOST = 'Expected ConnectionOpenOk; got <ConnectionClose channel:0>';

function channelError(code: number, said: string): Error {
  const text = `Operation failed: QueueDeclare; ${code} (X) with message "${said}"`;
  return Object.assign(new Error(text), { code });
}

describe('a refused connection', () => {
  it('is told apart from one that may come up', () => {
    expect(isAccessRefused(new Error(HANDSHAKE_403))).toBe(true);
    expect(isAccessRefused(new Error(VHOST))).toBe(true);
    expect(isAccessRefused(new Error('connect ECONNREFUSED 127.0.0.1:5672'))).toBe(false);
    expect(isAccessRefused(undefined)).toBe(false);
  });

  it('names user and password as the cause, and never shows them', () => {
    const error = accessRefused(new Error(HANDSHAKE_403), 'amqp://shop:s3cret@rabbit:5672/jobs');
    expect(error.code).toBe('WARREN_ACCESS_REFUSED');
    expect(error.message).toMatch(/^RabbitMQ at amqp:\/\/\*\*\*@rabbit:5672\/jobs refused user and password/);
    expect(error.message).not.toContain('s3cret');
  });

  it.each([
    ['amqp://rabbit/jobs', 'jobs'],
    ['amqp://rabbit', '/'],
    ['amqp://rabbit/', '/'],
    ['amqp://rabbit/%2F', '/'],
    ['amqp://rabbit/a%20b?heartbeat=5', 'a b'],
  ])('names the virtual host of %s', (url, name) => {
    expect(accessRefused(new Error(VHOST), url).message).toContain(`refused the virtual host '${name}'`);
  });
});

describe('a refused declaration', () => {
  const said = (argument: string, received: string, current: string, kind = 'queue') =>
    channelError(
      406,
      `PRECONDITION_FAILED - inequivalent arg '${argument}' for ${kind} 'shop.q.email' in vhost '/': received ${received} but current is ${current}`,
    );

  it.each([
    ['x-message-ttl', "the value '60000' of type 'signedint'", "the value '5' of type 'byte'", '60000', '5'],
    ['x-max-length', 'none', "the value '10' of type 'long'", 'none', '10'],
    ['x-queue-type', "the value 'quorum' of type 'longstr'", "'classic'", 'quorum', 'classic'],
    ['durable', "'true'", "'false'", 'true', 'false'],
  ])('names %s, what is wanted and what is there', (argument, received, current, wanted, existing) => {
    const refusal = topologyRefusal(said(argument, received, current), "Queue 'email'");
    expect(refusal).toMatchObject({
      code: 'WARREN_TOPOLOGY_MISMATCH',
      details: { kind: 'queue', name: 'shop.q.email', argument, wanted, existing },
    });
    expect(refusal!.message).toContain(
      `exists with another ${argument}: wanted is ${wanted}, existing is ${existing}. Set the option`,
    );
  });

  it.each(['x-dead-letter-strategy', 'x-delivery-limit'])(
    'names the type of the queue when the broker names %s, which only quorum queues have',
    (argument) => {
      const refusal = topologyRefusal(said(argument, 'none', "the value '5' of type 'long'"), 'Queue');
      expect(refusal!.details).toMatchObject({
        argument: 'x-queue-type',
        wanted: 'classic',
        existing: 'quorum',
      });
    },
  );

  it('gives another way out for an exchange', () => {
    const refusal = topologyRefusal(said('type', "'direct'", "'fanout'", 'exchange'), 'Exchanges');
    expect(refusal!.details).toMatchObject({ kind: 'exchange', wanted: 'direct', existing: 'fanout' });
    expect(refusal!.message).toContain('Delete the exchange');
  });

  it.each([
    [403, 'WARREN_ACCESS_REFUSED', /configure, write and read permission/],
    [404, 'WARREN_TOPOLOGY_MISMATCH', /must be made beforehand/],
    [405, 'WARREN_TOPOLOGY_MISMATCH', /does not accept it/],
    [406, 'WARREN_TOPOLOGY_MISMATCH', /does not accept it/],
  ] as const)('is coded and says the cure for %s', (code, wanted, cure) => {
    const refusal = topologyRefusal(channelError(code, 'no'), "Queue 'email'");
    expect(refusal).toMatchObject({ code: wanted });
    expect(refusal!.message).toMatch(/^Queue 'email': /);
    expect(refusal!.message).toMatch(cure);
  });

  it('is none when the connection ended or the broker failed', () => {
    expect(
      topologyRefusal(new Error('Channel ended, no reply will be forthcoming'), 'Queue'),
    ).toBeUndefined();
    expect(topologyRefusal(channelError(541, 'INTERNAL_ERROR'), 'Queue')).toBeUndefined();
    expect(topologyRefusal(undefined, 'Queue')).toBeUndefined();
  });
});

describe('kinds of failures', () => {
  it('are hopeless only when somebody must change something', () => {
    for (const code of [
      'WARREN_ACCESS_REFUSED',
      'WARREN_TOPOLOGY_MISMATCH',
      'WARREN_CONFIGURATION',
    ] as const) {
      expect(isHopeless(new WarrenError(code, 'no'))).toBe(true);
    }
    expect(isHopeless(new WarrenError('WARREN_NOT_CONNECTED', 'no'))).toBe(false);
    expect(isHopeless(new Error('ECONNREFUSED'))).toBe(false);
  });

  it('are recognised by code, text or name', () => {
    expect(isMissing(channelError(404, 'no queue'))).toBe(true);
    expect(isMissing(new Error('404'))).toBe(false);
    expect(isTooLarge('PRECONDITION_FAILED - message size 20 is larger than configured max size 10')).toBe(
      true,
    );
    expect(isTooLarge('PRECONDITION_FAILED - unknown delivery tag 1')).toBe(false);
    expect(isTooLargeToEncode(new RangeError('Encoded data exceeds the encoding buffer'))).toBe(true);
    expect(isEnded(Object.assign(new Error('Channel closed'), { name: 'IllegalOperationError' }))).toBe(true);
    expect(isEnded(undefined)).toBe(false);
  });
});

describe('the text of a failure', () => {
  it('is what went wrong at each address of a host', () => {
    const error = new AggregateError([
      new Error('ECONNREFUSED ::1:5672'),
      new Error('ECONNREFUSED 127.0.0.1:5672'),
    ]);
    expect(textOf(error)).toBe('ECONNREFUSED ::1:5672; ECONNREFUSED 127.0.0.1:5672');
  });

  it('never holds credentials, whatever was thrown', () => {
    expect(textOf(new Error('no way to amqp://a:b@host '))).toBe('no way to amqp://***@host');
    expect(textOf('amqp://a:b@host')).toBe('amqp://***@host');
    expect(textOf(new TypeError())).toBe('TypeError');
    expect(textOf(undefined)).toBe('undefined');
  });
});
