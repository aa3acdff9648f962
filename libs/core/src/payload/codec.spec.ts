import { jsonCodec } from './codec.js';

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const decode = (bytes: Uint8Array, contentType = 'application/json', contentEncoding?: string): unknown =>
  jsonCodec.decode({ bytes, contentType, ...(contentEncoding !== undefined && { contentEncoding }) });

describe('the JSON codec', () => {
  it.each([
    null,
    true,
    0,
    -1.5,
    '',
    'aé€😀\n"',
    [],
    {},
    { to: 'a@example.com', items: [{ sku: 'x', price: 9.5 }], none: null, nested: { deep: [[1]] } },
  ])('brings back what it encoded: %j', (payload) => {
    const body = jsonCodec.encode(payload);
    expect(body).toMatchObject({ contentType: 'application/json' });
    expect(jsonCodec.decode(body)).toEqual(payload);
  });

  it('encodes no payload as null', () => {
    expect(Buffer.from(jsonCodec.encode(undefined).bytes).toString()).toBe('null');
  });

  it('refuses what JSON cannot carry', () => {
    expect(() => jsonCodec.encode({ id: 1n })).toThrow(
      expect.objectContaining({ code: 'WARREN_PAYLOAD_NOT_JSON' }),
    );
  });

  it('reads a part of a larger buffer', () => {
    const large = bytesOf('xx{"a":1}yy');
    expect(decode(large.subarray(2, 9))).toEqual({ a: 1 });
    expect(decode(Uint8Array.from(bytesOf('[1]')))).toEqual([1]);
  });

  it('reads JSON behind a byte order mark', () => {
    expect(decode(bytesOf('\ufeff{"a":1}'))).toEqual({ a: 1 });
  });

  it.each([
    'application/json',
    '',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'text/json',
  ])('reads the content type %j', (contentType) => {
    expect(decode(bytesOf('1'), contentType)).toBe(1);
  });

  it.each(['text/plain', 'application/msgpack', 'application/json; charset=latin1', 'application/jsonx'])(
    'refuses the content type %j and names it',
    (contentType) => {
      expect(() => decode(bytesOf('1'), contentType)).toThrow(
        expect.objectContaining({
          code: 'WARREN_UNDECODABLE',
          message: expect.stringContaining(JSON.stringify(contentType)),
        }),
      );
    },
  );

  it.each(['', 'identity', 'utf-8', 'UTF8'])('reads the content encoding %j', (contentEncoding) => {
    expect(decode(bytesOf('1'), 'application/json', contentEncoding)).toBe(1);
  });

  it.each(['gzip', 'br', 'base64'])('refuses the content encoding %j and names it', (contentEncoding) => {
    expect(() => decode(bytesOf('1'), 'application/json', contentEncoding)).toThrow(
      expect.objectContaining({
        code: 'WARREN_UNDECODABLE',
        message: expect.stringContaining(contentEncoding),
      }),
    );
  });

  it.each([
    ['nothing', bytesOf(''), /the body is empty/],
    ['other bytes', Uint8Array.of(0x7b, 0xff, 0xfe), /the body is not UTF-8 text/],
    ['no JSON', bytesOf('hello'), /the body is no JSON: Unexpected token 'h'\.$/],
    ['half of it', bytesOf('{"a":'), /the body is no JSON: Unexpected end of JSON input/],
    ['more than one', bytesOf('{} {}'), /the body is no JSON: /],
  ])('says what is wrong with %s', (_what, bytes, problem) => {
    expect(() => decode(bytes)).toThrow(
      expect.objectContaining({ code: 'WARREN_UNDECODABLE', message: expect.stringMatching(problem) }),
    );
  });

  it.each(['{"password":"hunter2",}', 'hunter2', '{"password":"hunter2" x}', '["hunter2'])(
    'shows nothing of a body that is no JSON: %s',
    (text) => {
      expect(() => decode(bytesOf(text))).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(/hunter|password/) }),
      );
    },
  );

  it('refuses nesting that no stack can hold, without a crash', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 200_000; depth += 1) deep = [deep];
    expect(() => jsonCodec.encode(deep)).toThrow(
      expect.objectContaining({
        code: 'WARREN_PAYLOAD_NOT_JSON',
        message: expect.stringMatching(/nested too deeply/),
      }),
    );
  });
});
