import { isWarrenError } from '../kernel/errors/index.js';
import { readCursor, writeCursor } from './page-cursor.js';

describe('page cursors', () => {
  it.each([
    'a',
    '01899f7e-aaaa-7bbb-8ccc-dddddddddddd',
    '["x",1]',
    '🐇 é\u0000',
    '__proto__',
    'x'.repeat(255),
  ])('come back as they were written: %j', (id) => {
    expect(readCursor(writeCursor({ createdAt: 1_767_225_600_000, id }))).toEqual({
      createdAt: 1_767_225_600_000,
      id,
    });
  });

  it('are refused after any change of one character', () => {
    const cursor = writeCursor({ createdAt: 1_767_225_600_000, id: 'job-1' });
    for (let index = 0; index < cursor.length; index += 1) {
      const other = cursor[index] === 'A' ? 'B' : 'A';
      const changed = `${cursor.slice(0, index)}${other}${cursor.slice(index + 1)}`;
      expect(() => readCursor(changed)).toThrow(expect.objectContaining({ code: 'WARREN_BAD_CURSOR' }));
    }
  });

  it.each([null, 7, {}, undefined])('are refused when they are no text: %j', (cursor) => {
    try {
      readCursor(cursor as never);
      throw new Error('it was not refused');
    } catch (error) {
      expect(isWarrenError(error, 'WARREN_BAD_CURSOR')).toBe(true);
    }
  });
});
