import { resolve } from 'node:path';
import type { Duration, JobsOptions } from 'nestjs-warren';
import { RedisJobStore } from 'nestjs-warren-redis';

/** Every option of the shop's jobs, read from the environment once. The only reader of it in this app. */
export class ShopConfig {
  /** AMQP URL. Without one, jobs live in the process that enqueues them. */
  readonly rabbitmqUrl: string | undefined;
  /**
   * URL of the Redis that remembers jobs. Without one, the process remembers them where they live in it, and nobody
   * does where they live in RabbitMQ.
   */
  readonly redisUrl: string | undefined;
  /** First part of every name at the broker. Default `shop`. */
  readonly app: string;
  /** Where mail goes, e.g. `smtp://127.0.0.1:1025`. Without one, mail is only logged. */
  readonly smtpUrl: string | undefined;
  /** Base URL of the payment gateway. Without one, nobody is charged. */
  readonly gatewayUrl: string | undefined;
  /** How long after an order that is paid later its reminder is due, e.g. `12h`. Default `1d`. */
  readonly reminderDelay: Duration;
  /** Whether the nightly report is made: `SHOP_SCHEDULES=off` says no. It needs what remembers jobs. */
  readonly hasSchedules: boolean;
  /** Folder of orders, invoices and reports; API and worker share it. Default `.shop`. */
  readonly outputDir: string;
  /** File that gets a line of JSON for each moment in a job's life. Default: none. */
  readonly ledger: string | undefined;

  constructor(environment: NodeJS.ProcessEnv) {
    // An empty variable means "not set": that is how compose files leave one out.
    const read = (name: string) => environment[name]?.trim() || undefined;
    this.rabbitmqUrl = read('RABBITMQ_URL');
    this.redisUrl = read('REDIS_URL');
    this.app = read('SHOP_APP') ?? 'shop';
    this.smtpUrl = read('SMTP_URL');
    this.gatewayUrl = read('GATEWAY_URL');
    this.reminderDelay = readDuration('SHOP_REMINDER_DELAY', read('SHOP_REMINDER_DELAY') ?? '1d');
    const remembers = this.redisUrl !== undefined || this.rabbitmqUrl === undefined;
    this.hasSchedules = remembers && read('SHOP_SCHEDULES') !== 'off';
    this.outputDir = resolve(read('SHOP_OUTPUT') ?? '.shop');
    this.ledger = read('SHOP_LEDGER');
  }
}

/** How this shop uses Warren, the same in each of its processes but for who runs jobs. */
export function jobsOptions(config: ShopConfig, role: { readonly runsJobs: boolean }): JobsOptions {
  return {
    url: config.rabbitmqUrl,
    app: config.app,
    // Undefined: in memory like the jobs, or none with RabbitMQ.
    store: config.redisUrl === undefined ? undefined : new RedisJobStore({ url: config.redisUrl }),
    schedules: config.hasSchedules && {},
    worker: role.runsJobs && {
      concurrency: 10,
      // Rendering keeps the processor busy; more at once would not be faster.
      queues: { invoice: { concurrency: 4 } },
    },
  };
}

function readDuration(name: string, text: string): Duration {
  if (/^\d+(ms|s|m|h|d)$/.test(text)) return text as Duration;
  throw new Error(`${name}: '${text}' is no duration. Give a whole number with a unit: 90s, 30m, 12h, 1d.`);
}
