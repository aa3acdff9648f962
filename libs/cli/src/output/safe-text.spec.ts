import { safe, safeJson, safeLines, shortened } from './safe-text.js';

const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u001b[31mred\u009b5m\u202eevil\u2028line\r\nnext\ud800';

describe('text of others', () => {
  it('comes with nothing that a terminal obeys', () => {
    const text = safe(HOSTILE);
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e\ud800]/);
    expect(text).toBe(
      '\\u001b]0;owned\\u0007\\u001b[2J\\u001b[31mred\\u009b5m\\u202eevil\\u2028line\\r\\nnext\\ud800',
    );
  });

  it('keeps what is harmless, in any script', () => {
    const text = 'Grüße, 日本, 👩‍🚀'.replace('\u200d', '');
    expect(safe(text)).toBe(text);
  });

  it('keeps line feeds where lines are meant', () => {
    expect(safeLines('one\r\ntwo\n\u001b[2J')).toBe('one\ntwo\n\\u001b[2J');
  });

  it('is the same value in JSON, without anything to obey', () => {
    const json = safeJson(JSON.stringify({ text: HOSTILE }, undefined, 2));
    expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
    expect(JSON.parse(json)).toEqual({ text: HOSTILE });
  });

  it('is cut behind whole characters', () => {
    expect(shortened('👍👍👍', 2)).toBe('👍…');
    expect(shortened('abc', 3)).toBe('abc');
    expect(shortened('\u001b'.repeat(1_000), 10)).toHaveLength(10);
  });
});
