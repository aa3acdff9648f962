import { z } from 'zod';
import { isPayloadClass, validatorFor } from './validator.js';

class Email {
  to!: string;
}

describe('the validator of a contract', () => {
  it('is made once for each contract and place', () => {
    const schema = z.string();
    expect(validatorFor(schema, 'a')).toBe(validatorFor(schema, 'a'));
    expect(validatorFor(schema, 'a')).not.toBe(validatorFor(schema, 'b'));
    expect(validatorFor(schema, 'a')).not.toBe(validatorFor(z.string(), 'a'));
    expect(validatorFor(Email, 'a')).toBe(validatorFor(Email, 'a'));
  });

  it('names its place in errors', () => {
    const schema = z.string();
    expect(() => validatorFor(schema, 'here').check(1)).toThrow(/^here: /);
    expect(() => validatorFor(schema, 'there').check(1)).toThrow(/^there: /);
  });

  it.each([
    [String, 'String'],
    [Object, 'Object'],
    [{ type: 'object' }, 'a value of type object'],
    ['email', 'a value of type string'],
  ])('is refused for %p, which is no contract', (contract, what) => {
    expect(() => validatorFor(contract as never, 'Emails.send')).toThrow(
      expect.objectContaining({
        code: 'WARREN_CONFIGURATION',
        message: expect.stringContaining(`Emails.send: payload is ${what}; give a class`),
      }),
    );
  });

  it('tells payload classes from other types that a parameter may have', () => {
    expect(isPayloadClass(Email)).toBe(true);
    for (const other of [String, Number, Boolean, Object, Array, Date, Promise, undefined, {}, z.string()]) {
      expect(isPayloadClass(other)).toBe(false);
    }
  });
});
