import {
  ConfigurationError,
  checkGroup,
  durationBetween,
  kindOf,
  nameUpTo,
  objectWith,
  optional,
  systemClock,
  withDefault,
  type Clock,
  type Declares,
  type Duration,
  type Logger,
} from 'nestjs-warren/ports';
import type { RedisClient } from './clients/client.js';

/** What `new RedisJobStore` takes: `client` or `url`, and nothing else must be said. */
export interface RedisJobStoreOptions {
  /** The application's own client: `fromNodeRedis(client)` or `fromIoRedis(client)`. It is never closed by the store. */
  readonly client?: RedisClient;
  /** `redis://`, `rediss://`: the store connects by itself, with `redis` or `ioredis`, whichever is installed. */
  readonly url?: string;
  /** Applications with the same one share their jobs. Default: the `app` of the connection that starts the store. */
  readonly app?: string;
  /** Longest wait for an answer of Redis; then the call throws WARREN_STORE_UNAVAILABLE. 50 ms to 60 s; default 2 s. */
  readonly timeout?: Duration;
  /** Where its lines go. Default: the log of the connection that starts the store. */
  readonly logger?: Logger;
  /** For tests. Default: system time. */
  readonly clock?: Clock;
}

export interface RedisJobStoreSettings {
  readonly client: RedisClient | undefined;
  readonly url: string | undefined;
  readonly app: string | undefined;
  readonly timeoutMs: number;
  readonly logger: Logger | undefined;
  readonly clock: Clock;
}

const redisUrl = kindOf<string>(
  'a URL that begins with redis:// or rediss://',
  (value) => typeof value === 'string' && /^rediss?:\/\/\S+$/.test(value) && URL.canParse(value),
  (value) => value as string,
);

const givenClient = objectWith<RedisClient>(
  'what fromNodeRedis(client) or fromIoRedis(client) made of a client,',
  'isReady',
  'send',
  'subscriber',
  'open',
  'close',
);

export const REDIS_JOB_STORE = {
  client: optional(
    givenClient,
    "The application's own client: `fromNodeRedis(client)` or `fromIoRedis(client)`. It is never closed by the store.",
    'none',
  ),
  url: optional(
    redisUrl,
    'URL of Redis: the store connects by itself, with `redis` or `ioredis`, whichever is installed.',
    'none',
  ),
  app: optional(
    nameUpTo(60),
    'Applications with the same one share their jobs.',
    'that of the connection that starts the store',
  ),
  timeout: withDefault(
    durationBetween(50, 60_000),
    'Longest wait for an answer of Redis; then the call throws WARREN_STORE_UNAVAILABLE.',
    '2s',
  ),
  logger: optional(
    objectWith<Logger>('a logger', 'error', 'warn', 'info', 'debug'),
    'Where its lines go.',
    'the log of the connection that starts the store',
  ),
  clock: withDefault(
    objectWith<Clock>('a clock', 'now', 'setTimer'),
    'For tests.',
    systemClock,
    'system time',
  ),
} satisfies Declares<RedisJobStoreOptions>;

/** @throws ConfigurationError with everything that is wrong. */
export function redisJobStoreSettings(options: RedisJobStoreOptions): RedisJobStoreSettings {
  const problems = checkGroup(REDIS_JOB_STORE, options);
  if (problems.length === 0) problems.push(...combinationProblems(options));
  if (problems.length > 0) throw new ConfigurationError(problems.map((text) => `RedisJobStore: ${text}`));
  return Object.freeze({
    client: REDIS_JOB_STORE.client.resolve(options.client),
    url: REDIS_JOB_STORE.url.resolve(options.url),
    app: REDIS_JOB_STORE.app.resolve(options.app),
    timeoutMs: REDIS_JOB_STORE.timeout.resolve(options.timeout),
    logger: REDIS_JOB_STORE.logger.resolve(options.logger),
    clock: REDIS_JOB_STORE.clock.resolve(options.clock),
  });
}

function combinationProblems({ client, url }: RedisJobStoreOptions): string[] {
  if (client === undefined && url === undefined) {
    return [
      'client: neither a client nor a url is given. Give `client: fromNodeRedis(client)`, `client: fromIoRedis(client)` or `url`.',
    ];
  }
  if (client !== undefined && url !== undefined) {
    return ['url: a client is given too. Give one of them.'];
  }
  const { keyPrefix } = (client ?? {}) as { readonly keyPrefix?: string };
  if (keyPrefix !== undefined) {
    return [
      `client: it has the keyPrefix '${keyPrefix}', of which scripts do not know. Give a client without one; all keys of the store begin with \`warren:{app}:\`.`,
    ];
  }
  return [];
}
