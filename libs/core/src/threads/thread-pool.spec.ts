import { loadThreadPool } from './thread-pool.js';

describe('the pool of threads', () => {
  it('says which package is missing', async () => {
    const missing = () => Promise.reject(new Error("Cannot find package 'piscina'"));
    await expect(loadThreadPool(missing)).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringContaining('npm install piscina'),
    });
  });
});
