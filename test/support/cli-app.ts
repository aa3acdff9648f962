import type { JobContext } from '../../libs/core/src/job/context.js';
import type { JobsOptions } from '../../libs/core/src/options/module.js';
import { cli, type CliResult, type CliSetup } from './cli.js';
import { RabbitMqApp, type TestHandler, type TestWarren } from './rabbitmq-app.js';
import { RedisApp } from './redis-app.js';
import { redisUrl } from './services.js';

/** An application over RabbitMQ and Redis with a name of its own, and `warren` that is pointed at it. */
export class CliApp {
  readonly redis = new RedisApp();
  readonly rabbitmq: RabbitMqApp;

  constructor() {
    this.rabbitmq = new RabbitMqApp('cli', this.redis.app);
  }

  get env(): Record<string, string> {
    return {
      WARREN_AMQP: this.rabbitmq.url,
      WARREN_REDIS: redisUrl(),
      WARREN_APP_NAME: this.redis.app,
      WARREN_TIME: 'utc',
      WARREN_TIMEOUT: '30s',
      HOME: '/nowhere',
      PATH: process.env['PATH'] ?? '',
    };
  }

  warren(argv: readonly string[], { env, ...setup }: CliSetup = {}): Promise<CliResult> {
    return cli(argv, { ...setup, env: { ...this.env, ...env } });
  }

  /** A process that runs jobs, in this one. */
  worker(handlers: readonly TestHandler[], options: JobsOptions = {}): Promise<TestWarren> {
    return this.rabbitmq.startWarren(handlers, { store: this.redis.make({ url: redisUrl() }), ...options });
  }

  async dispose(): Promise<void> {
    await this.rabbitmq.dispose();
    await this.redis.dispose();
  }
}

export class Oops extends Error {
  override name = 'Oops';
}

/** `email:ok` gives what it gets, `email:bad` fails at once, `email:slow` runs until it is told to end or let go. */
export function emailHandlers() {
  const release: Array<() => void> = [];
  const handlers: readonly TestHandler[] = [
    { type: 'email:ok', run: (payload) => ({ sent: payload }) },
    {
      type: 'email:bad',
      options: { attempts: 1 },
      run: (payload) => {
        throw new Oops(`no mailbox for "${String(payload)}" 42`);
      },
    },
    {
      type: 'email:slow',
      run: (_, job: JobContext) =>
        new Promise<void>((resolve, reject) => {
          release.push(resolve);
          job.signal.addEventListener('abort', () => reject(job.signal.reason as Error));
        }),
    },
  ];
  return { handlers, release };
}
