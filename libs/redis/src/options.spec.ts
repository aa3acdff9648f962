import { fromIoRedis, fromNodeRedis, RedisJobStore } from './index.js';
import type { IoRedisLike } from './clients/ioredis.js';
import type { NodeRedisLike } from './clients/node-redis.js';

const nodeRedis = { isOpen: false } as NodeRedisLike;

function problemsOf(options: object): readonly string[] {
  try {
    new RedisJobStore(options);
    return [];
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
}

describe('options of the job store in Redis', () => {
  it('are all told at once', () => {
    expect(problemsOf({ ulr: 'x', app: 'my shop', timeout: 'soon' })).toEqual([
      expect.stringContaining("ulr: there is no such option. Did you mean 'url'?"),
      expect.stringContaining('app: "my shop" is not a name'),
      expect.stringContaining('timeout: "soon" is not a duration'),
    ]);
  });

  it('need a client or a url, and not both', () => {
    expect(problemsOf({})).toEqual([expect.stringContaining('neither a client nor a url')]);
    expect(problemsOf({ client: fromNodeRedis(nodeRedis), url: 'redis://a' })).toEqual([
      expect.stringContaining('a client is given too'),
    ]);
  });

  it('refuse a bare client and a url of something else', () => {
    expect(problemsOf({ client: { sendCommand: () => 1 } })).toEqual([
      expect.stringContaining('fromNodeRedis(client) or fromIoRedis(client)'),
    ]);
    expect(problemsOf({ url: 'amqp://guest:secret@a' })).toEqual([expect.not.stringContaining('secret')]);
  });

  it('refuse a key prefix, of which scripts do not know', () => {
    const client = { status: 'wait', options: { keyPrefix: 'shop:' } } as unknown as IoRedisLike;
    expect(problemsOf({ client: fromIoRedis(client) })).toEqual([
      expect.stringContaining("keyPrefix 'shop:'"),
    ]);
  });
});
