import { z } from 'zod';
import type { StandardResult, StandardSchema } from '../job/definition.js';
import { validatorFor } from './validator.js';

const Order = z.object({
  id: z.string(),
  at: z.string().transform((text) => new Date(text)),
  items: z.array(z.object({ sku: z.string(), count: z.number().int().min(1).default(1) })),
});

const good = { id: 'o-1', at: '2026-01-01T00:00:00.000Z', items: [{ sku: 'x' }] };

describe('a payload checked by a Standard Schema', () => {
  it('reaches the handler as the schema makes it', () => {
    expect(validatorFor(Order, 'Orders.run').check(good)).toEqual({
      id: 'o-1',
      at: new Date('2026-01-01T00:00:00.000Z'),
      items: [{ sku: 'x', count: 1 }],
    });
  });

  it('is not changed itself, so that transforms run once', () => {
    const payload = structuredClone(good);
    validatorFor(Order, 'Orders.run').check(payload);
    expect(payload).toEqual(good);
  });

  it('is refused with every problem by property', () => {
    const bad = { id: 5, at: '2026-01-01', items: [{ sku: 'x' }, { sku: 'y', count: 0 }] };
    expect(() => validatorFor(Order, "enqueue('order:new')").check(bad)).toThrow(
      expect.objectContaining({
        code: 'WARREN_PAYLOAD_INVALID',
        message: expect.stringMatching(
          /^enqueue\('order:new'\): the payload is invalid: id: .*; items\[1\]\.count: .*\.$/,
        ),
        details: {
          problems: [expect.stringMatching(/^id: /), expect.stringMatching(/^items\[1\]\.count: /)],
        },
      }),
    );
  });

  it('lists 20 problems at most and counts the rest', () => {
    const many = z.array(z.string());
    const payload = Array.from({ length: 50 }, (_, index) => index);
    expect(() => validatorFor(many, 'x').check(payload)).toThrow(/\[0\]: .*\[19\]: [^;]*; and 30 more\.$/);
  });

  it('may be checked asynchronously', async () => {
    const Taken = z.object({
      name: z.string().refine((name) => Promise.resolve(name !== 'taken'), 'is taken'),
    });
    const validator = validatorFor(Taken, 'x');
    await expect(validator.check({ name: 'free' })).resolves.toEqual({ name: 'free' });
    await expect(validator.check({ name: 'taken' })).rejects.toMatchObject({
      code: 'WARREN_PAYLOAD_INVALID',
      message: 'x: the payload is invalid: name: is taken.',
    });
  });

  it('reads paths as any library writes them', () => {
    const issues = [
      { message: 'whole' },
      { message: 'keys', path: ['a', { key: 0 }, { key: 'b' }] },
      { message: 'none', path: [] },
    ];
    const schema: StandardSchema = {
      '~standard': { version: 1, vendor: 'own', validate: () => ({ issues }) },
    };
    expect(() => validatorFor(schema, 'x').check(1)).toThrow(
      'x: the payload is invalid: whole; a[0].b: keys; none.',
    );
  });

  it('awaits a result that is a promise of another make', async () => {
    const later = (result: StandardResult<unknown>) => ({
      then: (resolve: (result: StandardResult<unknown>) => void) => void setImmediate(resolve, result),
    });
    const schema: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: (value) =>
          later(value === 1 ? { value: 'one' } : { issues: [{ message: 'no one' }] }) as never,
      },
    };
    expect(await validatorFor(schema, 'x').check(1)).toBe('one');
    await expect(validatorFor(schema, 'x').check(2)).rejects.toMatchObject({
      code: 'WARREN_PAYLOAD_INVALID',
    });
  });

  it('fails with the error of a schema that is itself broken, which is no fault of the payload', () => {
    const schema: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: () => {
          throw new TypeError('broken schema');
        },
      },
    };
    expect(() => validatorFor(schema, 'x').check(1)).toThrow(TypeError);
  });
});
