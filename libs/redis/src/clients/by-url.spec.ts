import { ClientByUrl, type Libraries } from './by-url.js';

const none: Libraries = { redis: async () => undefined, ioredis: async () => undefined };
const URL_WITH_SECRET = 'redis://user:secret@redis.example:6379';

describe('a client by url', () => {
  it('is of node-redis when that is installed, else of ioredis', async () => {
    const first = new ClientByUrl(URL_WITH_SECRET);
    await first.load('name');
    expect(first.library).toBe('node-redis');
    const second = new ClientByUrl(URL_WITH_SECRET);
    await second.load('name', { ...none, ioredis: () => import('ioredis') });
    expect(second.library).toBe('ioredis');
    await Promise.all([first.close(), second.close()]);
  });

  it('says what to install when neither is there, and no password', async () => {
    const loaded = new ClientByUrl(URL_WITH_SECRET).load('name', none);
    await expect(loaded).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringMatching(/'redis' nor 'ioredis'.*npm install redis/),
    });
    await expect(loaded).rejects.toMatchObject({ message: expect.not.stringContaining('secret') });
  });
});
