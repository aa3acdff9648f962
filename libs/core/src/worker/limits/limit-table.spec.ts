import { limitsOf } from '../../options/limits.js';
import type { LimitOptions } from '../../job/limits.js';
import type { QueueSettings } from '../../options/settings.js';
import type { CompiledHandler } from '../routes.js';
import { LimitTable } from './limit-table.js';
import { rulesFor } from './rules.js';

function table(
  queues: Readonly<Record<string, LimitOptions>>,
  handlers: readonly CompiledHandler[] = [],
): LimitTable {
  const settingsOf = (queue: string) => ({ limits: limitsOf([queues[queue]]) }) as QueueSettings;
  return new LimitTable({ listed: Object.keys(queues), settingsOf }, handlers);
}

function handler(pattern: string, limits: LimitOptions): CompiledHandler {
  return { pattern, limits: limitsOf([limits]) } as CompiledHandler;
}

const tenant = (payload: unknown): string => (payload as { tenant: string }).tenant;

function rules(of: LimitTable, queue: string, by?: CompiledHandler, payload: unknown = { tenant: 'x' }) {
  const failed: unknown[] = [];
  const set = of.of(queue, by);
  return set && rulesFor(set.rules, payload, (_rule, error) => failed.push(error));
}

describe('the table of limits', () => {
  it('has nothing for queues and handlers without any', () => {
    const pdf = handler('pdf:render', { maxConcurrent: 1 });
    const mail = handler('mail:send', {});
    const one = table({ pdf: { maxConcurrent: 2 } }, [pdf, mail]);
    expect(one.of('mail', mail)).toBeUndefined();
    expect(one.of('mail', undefined)).toBeUndefined();
    expect(table({}).of('pdf', undefined)).toBeUndefined();
  });

  it('puts those of the queue and of the handler together', () => {
    const pdf = handler('pdf:render', { concurrency: { limit: 2, key: tenant } });
    const one = table({ pdf: { maxConcurrent: 5, rateLimit: { max: 3, per: '1s' } } }, [pdf]);
    expect(rules(one, 'pdf', pdf)).toEqual([
      { kind: 'slots', name: 'maxConcurrent of queue pdf', key: '', limit: 5 },
      { kind: 'rate', name: 'rateLimit of queue pdf', key: '', max: 3, perMs: 1_000, burst: 1 },
      { kind: 'slots', name: 'concurrency of type pdf:render', key: 'x', limit: 2 },
    ]);
    expect(one.of('pdf', pdf)!.rules.map(({ isWide }) => isWide)).toEqual([true, true, false]);
  });

  it('lets jobs run without the store only where all of their limits allow it', () => {
    const pdf = handler('pdf:render', { maxConcurrent: 1, limitsOnStoreDown: 'allow' });
    const one = table({ pdf: { maxConcurrent: 5 }, other: {} }, [pdf]);
    expect(one.of('pdf', pdf)!.onStoreDown).toBe('wait');
    expect(one.of('other', pdf)!.onStoreDown).toBe('allow');
  });

  it('applies a changed limit from the next job on, and what the code says when that is taken back', () => {
    const one = table({ pdf: { maxConcurrent: 5 } });
    const scope = { kind: 'queue', name: 'pdf' } as const;
    expect(rules(one, 'pdf')).toMatchObject([{ limit: 5 }]);
    one.configure(scope, { maxConcurrent: 100 });
    expect(rules(one, 'pdf')).toMatchObject([{ limit: 100 }]);
    one.configure(scope, { maxConcurrent: null, rateLimit: { max: 1, per: '2s' } });
    expect(rules(one, 'pdf')).toMatchObject([{ kind: 'rate', max: 1, perMs: 2_000 }]);
    one.configure(scope, undefined);
    expect(rules(one, 'pdf')).toMatchObject([{ limit: 5 }]);
  });

  it('takes limits for what the code does not limit, and keeps the keys of the code', () => {
    const call = handler('api:call', {
      rateLimit: { max: 1, per: '1s', key: tenant },
      concurrency: { limit: 1, key: tenant },
    });
    const one = table({}, [call]);
    one.configure({ kind: 'queue', name: 'mail' }, { maxConcurrent: 3 });
    expect(rules(one, 'mail')).toMatchObject([{ name: 'maxConcurrent of queue mail', limit: 3 }]);
    one.configure({ kind: 'type', name: 'api:call' }, { rateLimit: { max: 9, per: '1m' } });
    expect(rules(one, 'api', call)).toEqual([
      { kind: 'slots', name: 'concurrency of type api:call', key: 'x', limit: 1 },
      { kind: 'rate', name: 'rateLimit of type api:call', key: 'x', max: 9, perMs: 60_000, burst: 1 },
    ]);
  });

  it('lets the digest of a key stand for one that no store takes', () => {
    const one = table({ pdf: { concurrency: { limit: 1, key: tenant } } });
    const [rule] = rules(one, 'pdf', undefined, { tenant: 'x'.repeat(5_000) })!;
    expect(rule!.key).toMatch(/^sha256 .{43}$/);
    const [other] = rules(one, 'pdf', undefined, { tenant: 'x'.repeat(5_001) })!;
    expect(other!.key).not.toBe(rule!.key);
  });
});
