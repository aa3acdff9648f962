import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsOptional, IsString, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { z } from 'zod';
import { gzipSync } from 'node:zlib';
import type { PayloadContract } from '../job/definition.js';
import type { Message } from '../job/message.js';
import { jsonCodec } from '../payload/codec.js';
import { DEEPEST } from '../payload/nesting.js';
import type { Delivery } from '../ports/delivery.js';
import { startHarness, type Harness } from '../testing/harness.js';
import { until } from '../testing/until.js';
import { receive, type Received } from './receive.js';

const RUNS = { seed: 20_260_102, numRuns: 150 };
const NOW = 1_767_225_600_000;
const MOST_BYTES = 100_000;
const HUNDRED_THOUSAND = 100_000;

function received(message: Message): Received {
  const delivery: Pick<Delivery, 'message' | 'queue'> = { message, queue: 'mail' };
  return receive(delivery as Delivery, jsonCodec, MOST_BYTES, NOW, () => 'made-here');
}

function bodyWith(text: string | Uint8Array, more: Partial<Message> = {}): Message {
  return { body: Buffer.from(text), type: 'mail:send', headers: {}, ...more };
}

function problemOf(message: Message): string {
  const result = received(message);
  return result.kind === 'job' ? 'none' : result.error.message;
}

const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);

const GROUND = Reflect.ownKeys(Object.prototype);
afterEach(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(GROUND);
});

describe('any body at all', () => {
  const text = fc.oneof(
    fc.json({ maxDepth: 8 }),
    fc.string({ unit: 'binary' }),
    // JSON with a fault somewhere.
    fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 })).map(([json, at, fault]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + fault + json.slice(place + 1);
    }),
  );
  const property = fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 5 },
    fc.string(),
    fc.constantFrom('gzip', 'deflate', 'application/json', 'utf-8', 'x'.repeat(10_000)),
  );
  const message = fc.record({
    body: fc.oneof(
      text.map((each) => Buffer.from(each)),
      fc.uint8Array(),
    ),
    contentType: property,
    contentEncoding: property,
    type: fc.oneof({ arbitrary: fc.constant('mail:send'), weight: 9 }, fc.string()),
    headers: fc.dictionary(fc.string(), fc.anything(), { maxKeys: 2 }),
  }) as fc.Arbitrary<Message>;

  it('is a payload or has a reason of bounded length', () => {
    const found = { job: 0, undecodable: 0 };
    fc.assert(
      fc.property(message, (given) => {
        const result = received(given);
        found[result.kind] += 1;
        if (result.kind === 'undecodable') {
          expect(result.error.message.length).toBeGreaterThan(5);
          expect(result.error.message.length).toBeLessThanOrEqual(1_000);
        }
      }),
      RUNS,
    );
    expect(found.job).toBeGreaterThan(RUNS.numRuns / 12);
    expect(found.undecodable).toBeGreaterThan(RUNS.numRuns / 12);
  });

  it('is what JSON.parse makes of it, and encodes to the same', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (json) => {
        const result = received(bodyWith(json));
        expect(result).toMatchObject({ kind: 'job' });
        const { payload } = result as { readonly payload: unknown };
        expect(payload).toEqual(JSON.parse(json));
        expect(jsonCodec.decode(jsonCodec.encode(payload))).toEqual(payload);
      }),
      RUNS,
    );
  });

  it('shows nothing of a body that is broken', () => {
    const secret = 'geheim';
    const broken = fc.tuple(fc.json(), fc.string(), fc.string());
    fc.assert(
      fc.property(broken, ([json, before, after]) => {
        for (const each of [
          `${json}${before}"${secret}"${after}`,
          `{"${secret}":${json}${after}`,
          `${before}${secret}`,
          `["${secret}\n${after}`,
        ]) {
          expect(problemOf(bodyWith(each))).not.toContain(secret);
        }
      }),
      RUNS,
    );
  });

  it('has names that objects have anyway as its own, and no other prototype', () => {
    const json = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}';
    const result = received(bodyWith(json));
    const { payload } = result as { readonly payload: Record<string, unknown> };
    expect(Object.getPrototypeOf(payload)).toBe(Object.getPrototypeOf(JSON.parse('{}')));
    expect(Object.keys(payload)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(payload['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is never unpacked', () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(bomb.byteLength).toBeLessThan(MOST_BYTES);
    expect(problemOf(bodyWith(bomb, { contentEncoding: 'gzip' }))).toMatch(/content encoding is "gzip"/);
    expect(problemOf(bodyWith(bomb))).toMatch(/not UTF-8/);
  });
});

describe('nesting', () => {
  it.each([
    ['lists', lists],
    ['objects', objects],
  ])('of %s is read to its limit', (_what, nested) => {
    expect(problemOf(bodyWith(nested(DEEPEST)))).toBe('none');
    expect(problemOf(bodyWith(nested(DEEPEST + 1)))).toMatch(/nested too deeply: more than 500 lists/);
    expect(() => jsonCodec.encode(JSON.parse(nested(DEEPEST)))).not.toThrow();
    expect(() => jsonCodec.encode(JSON.parse(nested(DEEPEST + 1)))).toThrow(/nested too deeply/);
  });

  it('is no more than it is: brackets in texts, and side by side', () => {
    const texts = ['['.repeat(5_000), '"[{'.repeat(2_000), '\\'.repeat(3_000), '\\"'.repeat(2_000), '"\\'];
    const payload = { texts, [texts[1]!]: 1, lists: Array.from({ length: 3_000 }, () => [{}]) };
    expect(received(bodyWith(JSON.stringify(payload)))).toMatchObject({ kind: 'job', payload });
  });

  it('does not hide that a body is no JSON', () => {
    expect(problemOf(bodyWith(`"${'[{'.repeat(5_000)}`))).toMatch(/no JSON/);
    expect(problemOf(bodyWith(']'.repeat(5_000)))).toMatch(/no JSON/);
  });
});

class Node {
  @IsOptional()
  @ValidateNested()
  @Type(() => Node)
  a?: unknown;

  @IsOptional()
  @IsString()
  name?: string;
}

const tree: z.ZodType = z.lazy(() => z.union([z.number(), z.object({ a: tree })]));

describe('a worker to which deep JSON comes', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  async function start(payload?: PayloadContract): Promise<unknown[]> {
    const ran: unknown[] = [];
    harness = await startHarness({
      handlers: [
        {
          type: 'mail:',
          options: { attempts: 1 },
          ...(payload && { payload }),
          run: (given) => {
            ran.push(given);
          },
        },
      ],
    });
    return ran;
  }

  async function put(body: string | Uint8Array, more: Partial<Message> = {}): Promise<void> {
    await harness.broker.publish(
      { ...bodyWith(body, { messageId: 'bad', ...more }) },
      { queue: 'mail', delayMs: 0 },
    );
  }

  const CONTRACTS: ReadonlyArray<readonly [string, PayloadContract | undefined]> = [
    ['no contract', undefined],
    ['a class', Node],
    ['a schema', tree],
  ];

  it.each(CONTRACTS)('buries it with the reason, with %s', async (_what, contract) => {
    const ran = await start(contract);
    for (const body of [lists(HUNDRED_THOUSAND), objects(HUNDRED_THOUSAND), '['.repeat(HUNDRED_THOUSAND)]) {
      await put(body);
      await harness.recorder.next('refused');
      const [letter] = await harness.jobs.deadLetters('mail').list();
      expect(letter).toMatchObject({ id: 'bad', reason: 'rejected' });
      expect(letter!.error).toMatch(/nested too deeply/);
      expect(Buffer.from(letter!.body).toString()).toBe(body);
      expect(await harness.jobs.deadLetters('mail').purge('bad')).toBe(1);
    }
    expect(harness.lines('error').join()).not.toContain('WARREN_BUG');
    expect(ran).toEqual([]);
  });

  it.each(CONTRACTS)('handles what is as deep as may be, with %s', async (_what, contract) => {
    const ran = await start(contract);
    await put(objects(DEEPEST));
    await until(
      () => harness.recorder.all('completed').length + harness.recorder.all('failed').length === 1,
      'it ended',
    );
    const [failed] = harness.recorder.all('failed');
    // The class takes no number for a node; what matters is that it could be looked at.
    if (failed) expect(failed).toMatchObject({ reason: 'rejected' });
    else expect(ran).toHaveLength(1);
    expect(JSON.stringify(failed?.error ?? '')).not.toContain('call stack');
    expect(harness.lines('error').join()).not.toContain('WARREN_BUG');
  });

  it('buries a failing one with deep JSON in its history, and what was unknown there is gone', async () => {
    harness = await startHarness({
      handlers: [
        {
          type: 'mail:',
          options: { attempts: 1 },
          run: (payload) => {
            throw payload;
          },
        },
      ],
    });
    const record = `{"deep":${lists(4_000)},"number":1,"startedAt":1,"endedAt":1e999,"worker":"w","error":{"name":"E","message":"m"}}`;
    const good = record.replace('1e999', '2');
    await put(objects(DEEPEST), {
      timestamp: 1e300,
      headers: { 'warren-history': `[${record},${good}]`, 'warren-generation': 2 ** 31 - 1 },
    });
    await harness.recorder.next('failed');
    const [letter] = await harness.jobs.deadLetters('mail').list();
    expect(letter).toMatchObject({ id: 'bad', reason: 'exhausted', attempts: 1 });
    expect(letter!.history.map(({ endedAt }) => endedAt)[0]).toBe(2);
    expect(() => letter!.enqueuedAt!.toISOString()).not.toThrow();
    expect(await harness.jobs.deadLetters('mail').requeue('bad')).toBe(1);
    await harness.recorder.next('failed');
  });

  it('makes nothing of `__proto__` in a payload with a class', async () => {
    const ran = await start(Node);
    await put('{"name":"n","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    await until(() => ran.length === 1, 'it ran');
    expect(ran[0]).toBeInstanceOf(Node);
    expect((ran[0] as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
