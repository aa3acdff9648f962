import { checkSize } from './size.js';

const bodyOf = (bytes: number) => ({ bytes: Buffer.alloc(bytes), contentType: 'application/json' });

describe('the size of a payload', () => {
  it('may reach the limit', () => {
    expect(() => checkSize(bodyOf(1_000), 1_000, 'enqueue')).not.toThrow();
  });

  it('above it is refused with both sizes and the cure', () => {
    expect(() => checkSize(bodyOf(5_000_001), 5_000_000, "enqueue('a:b')")).toThrow(
      expect.objectContaining({
        code: 'WARREN_PAYLOAD_TOO_LARGE',
        message: expect.stringMatching(
          /^enqueue\('a:b'\): .* 5\.0 MB \(5,000,001 bytes\); maxPayloadBytes allows 5\.0 MB \(5,000,000 bytes\)\. Put the data in a store/,
        ),
        details: { bytes: 5_000_001, maxPayloadBytes: 5_000_000 },
      }),
    );
    expect(() => checkSize(bodyOf(1_001), 1_000, 'x')).toThrow(
      /has 1,001 bytes; maxPayloadBytes allows 1,000 bytes/,
    );
  });
});
