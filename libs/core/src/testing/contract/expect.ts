import assert from 'node:assert/strict';
import { isWarrenError, type ErrorCode } from '../../kernel/errors/index.js';

/** For assert.rejects: that code, and a message that names the place. */
export function coded(code: ErrorCode, place = ''): (error: unknown) => true {
  return (error) => {
    assert.ok(isWarrenError(error, code), `expected ${code}, got ${String(error)}`);
    assert.ok(error.message.includes(place), `the message does not name '${place}': ${error.message}`);
    return true;
  };
}
