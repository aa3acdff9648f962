import { WarrenError, type Logger } from 'nestjs-warren/ports';
import type { Link } from './link.js';

/** The oldest Redis whose scripts do what these need. */
const OLDEST = [6, 2] as const;

/**
 * What a look at the server shows at start: too old is an error, settings that lose jobs are a warning.
 * @throws WarrenError WARREN_CONFIGURATION when the server is older than 6.2.
 */
export async function checkServer(link: Link, address: string, logger: Logger): Promise<void> {
  const info = await infoOf(link);
  if (info === undefined) {
    logger.info(
      `Redis at ${address} does not let the job store read INFO; its version and maxmemory-policy are not checked.`,
    );
    return;
  }
  const version = valueOf(info, 'redis_version');
  if (version !== undefined && isTooOld(version)) {
    throw new WarrenError(
      'WARREN_CONFIGURATION',
      `Redis at ${address} is version ${version}; the job store needs ${OLDEST.join('.')} or newer. Update it, or use Valkey.`,
    );
  }
  const policy = valueOf(info, 'maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    logger.warn(
      `Redis at ${address} has maxmemory-policy ${policy}: when its memory is full, it drops jobs, unique keys and indices without a word, so that jobs are forgotten, run twice, or are counted and gone. Set it to noeviction (\`CONFIG SET maxmemory-policy noeviction\`, redis.conf, or the parameters of the managed service).`,
    );
  }
}

async function infoOf(link: Link): Promise<string | undefined> {
  const [answer] = await link.send([['INFO']], () => true);
  return typeof answer === 'string' ? answer : undefined;
}

function valueOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
