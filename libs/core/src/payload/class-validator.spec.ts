import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  IsDate,
  IsEmail,
  IsInt,
  IsOptional,
  Min,
  Validate,
  ValidateNested,
  ValidatorConstraint,
} from 'class-validator';
import { WarrenError } from '../kernel/errors/index.js';
import { classValidator, loadPackages } from './class-validator.js';
import { validatorFor } from './validator.js';

class Item {
  @IsInt()
  @Min(1)
  count!: number;
}

class Order {
  @IsEmail()
  to!: string;

  @IsDate()
  @Type(() => Date)
  @IsOptional()
  at?: Date;

  @ValidateNested({ each: true })
  @Type(() => Item)
  @IsOptional()
  items?: Item[];

  greeting(): string {
    return `to ${this.to}`;
  }
}

class Bare {
  name!: string;
}

const check = async (payload: unknown): Promise<unknown> =>
  await validatorFor(Order, "enqueue('order:new')").check(payload);

async function problemsOf(payload: unknown): Promise<unknown> {
  const error: unknown = await check(payload).catch((thrown: unknown) => thrown);
  return error instanceof WarrenError && error.code === 'WARREN_PAYLOAD_INVALID'
    ? error.details['problems']
    : error;
}

describe('a payload checked by class-validator', () => {
  it('reaches the handler as an instance, nested ones and Dates too', async () => {
    const payload = { to: 'a@example.com', at: '2026-01-01T00:00:00.000Z', items: [{ count: 2 }] };
    const order = (await check(payload)) as Order;
    expect(order).toBeInstanceOf(Order);
    expect(order.greeting()).toBe('to a@example.com');
    expect(order.at).toEqual(new Date('2026-01-01T00:00:00.000Z'));
    expect(order.items?.[0]).toBeInstanceOf(Item);
  });

  it('may be an instance already', async () => {
    await expect(check(Object.assign(new Order(), { to: 'a@example.com' }))).resolves.toBeInstanceOf(Order);
  });

  it('keeps properties that the class does not know', async () => {
    await expect(check({ to: 'a@example.com', extra: 1 })).resolves.toMatchObject({ extra: 1 });
  });

  it('is refused with every problem by its path', async () => {
    const error = check({ to: 'nobody', items: [{ count: 1 }, { count: 0 }, { count: 'x' }] });
    await expect(error).rejects.toMatchObject({
      code: 'WARREN_PAYLOAD_INVALID',
      message: expect.stringMatching(
        /^enqueue\('order:new'\): the payload is invalid: to must be an email; /,
      ),
    });
    await expect(problemsOf({ to: 'nobody', items: [{ count: 0 }, { count: 'x' }] })).resolves.toEqual([
      'to must be an email',
      'items[0].count must not be less than 1',
      expect.stringMatching(/^items\[1\]\.count must/),
      expect.stringMatching(/^items\[1\]\.count must/),
    ]);
  });

  it.each([
    [null, 'null'],
    ['text', 'string'],
    [5, 'number'],
    [[{ to: 'a@example.com' }], 'a list'],
  ])('is refused when it is no object: %j', async (payload, what) => {
    await expect(problemsOf(payload)).resolves.toEqual([`it must be an object (Order), not ${what}`]);
  });

  it('cannot slip past its rules by naming a prototype or a constructor', async () => {
    for (const text of ['{"__proto__":{"to":"a@example.com"}}', '{"constructor":{"name":"Bare"}}']) {
      await expect(problemsOf(JSON.parse(text))).resolves.toEqual(['to must be an email']);
    }
    const nested = JSON.parse('{"to":"a@example.com","items":[{"__proto__":[],"count":0}]}') as unknown;
    await expect(problemsOf(nested)).resolves.toEqual(['items[0].count must not be less than 1']);
  });

  it('lists 20 problems at most and counts the rest', async () => {
    const items = Array.from({ length: 50 }, () => ({ count: 0 }));
    await expect(check({ to: 'a@example.com', items })).rejects.toThrow(/items\[19\].*; and 30 more\.$/);
  });

  it('is accepted by a class without rules, which only makes the instance', async () => {
    const bare = await validatorFor(Bare, 'x').check({ name: 'n' });
    expect(bare).toBeInstanceOf(Bare);
    expect(bare).toEqual({ name: 'n' });
  });

  it('is refused when a nested object has no rules to be checked with', async () => {
    class Loose {
      @ValidateNested()
      item!: unknown;
    }
    await expect(validatorFor(Loose, 'x').check({ item: { count: 0 } })).rejects.toThrow(
      'x: the payload is invalid: item: nothing says how to check it; add @Type(() => ItsClass)',
    );
  });

  it('is refused when no instance can be made of it', async () => {
    class Strict {
      @IsEmail()
      to!: string;
      constructor(given: { to: string }) {
        this.to = given.to;
      }
    }
    await expect(validatorFor(Strict, 'x').check({ to: 'a@example.com' })).rejects.toMatchObject({
      code: 'WARREN_PAYLOAD_INVALID',
      message: expect.stringMatching(/class-transformer could not make Strict of it: Cannot read/),
    });
  });

  it('fails with the error of a rule that could not be checked, which is no fault of the payload', async () => {
    @ValidatorConstraint({ async: true })
    class Known {
      validate(): Promise<boolean> {
        return Promise.reject(new TypeError('database is away'));
      }
    }
    class Customer {
      @Validate(Known)
      id!: string;
    }
    await expect(validatorFor(Customer, 'x').check({ id: '1' })).rejects.toThrow(TypeError);
  });

  it('shows no values in its problems', async () => {
    const error = check({ to: 'hunter2' });
    await expect(error).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('the packages behind payload classes', () => {
  it.each(['class-validator', 'class-transformer'])(
    'name %s and the way to install it when it is missing',
    async (missing) => {
      const cause = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
      const load = () =>
        loadPackages((name) => (name === missing ? Promise.reject(cause) : Promise.resolve({})));
      await expect(classValidator(Bare, 'x', load).check({})).rejects.toMatchObject({
        code: 'WARREN_CONFIGURATION',
        message: `Payload classes need the package ${missing}, which could not be loaded: npm install class-validator class-transformer`,
        cause,
      });
    },
  );

  it('are loaded once for each validator, and again after a failure', async () => {
    let loads = 0;
    const packages = await loadPackages();
    const validator = classValidator(Bare, 'x', () => {
      loads += 1;
      return loads === 1 ? Promise.reject(new Error('disk')) : Promise.resolve(packages);
    });
    await expect(validator.check({})).rejects.toThrow('disk');
    await validator.check({});
    await validator.check({});
    expect(loads).toBe(2);
  });
});
