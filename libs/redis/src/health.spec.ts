import { silentLogger } from 'nestjs-warren/ports';
import { checkServer } from './health.js';
import type { Link } from './link.js';

const linkSaying = (info: string): Link => ({ send: async () => [info] }) as unknown as Link;

describe('the look at the server', () => {
  it.each(['6.0.16', '5.0.14'])('refuses Redis %s', async (version) => {
    const checked = checkServer(linkSaying(`redis_version:${version}\r\n`), 'here', silentLogger);
    await expect(checked).rejects.toMatchObject({
      code: 'WARREN_CONFIGURATION',
      message: expect.stringContaining(`version ${version}`),
    });
  });

  it.each(['6.2.0', '7.2.4', '8.0.0', '10.1.0'])('takes Redis %s', async (version) => {
    await checkServer(
      linkSaying(`redis_version:${version}\r\nmaxmemory_policy:noeviction\r\n`),
      'here',
      silentLogger,
    );
  });
});
