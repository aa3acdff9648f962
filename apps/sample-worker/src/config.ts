import { resolve } from 'node:path';
import type { Duration, JobsOptions } from 'nestjs-warren';
import { RedisJobStore } from 'nestjs-warren-redis';
import type { Invoice, NewsletterIssue } from './contract/payloads.js';

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
  /** Where `/metrics` and the probes are served: `SHOP_TELEMETRY=127.0.0.1:9464`. Default: nowhere. */
  readonly telemetry: { readonly host: string; readonly port: number } | undefined;
  /** Where spans go, by OTLP over HTTP, e.g. `http://127.0.0.1:4318`. Default: nowhere. */
  readonly tracesUrl: string | undefined;
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
    this.telemetry = readAddress('SHOP_TELEMETRY', read('SHOP_TELEMETRY'));
    this.tracesUrl = read('OTEL_EXPORTER_OTLP_ENDPOINT');
    this.ledger = read('SHOP_LEDGER');
  }
}

/** How this shop uses Warren, the same in each of its processes but for who runs jobs. */
export function jobsOptions(config: ShopConfig, role: { readonly runsJobs: boolean }): JobsOptions {
  const isRemembered = config.redisUrl !== undefined || config.rabbitmqUrl === undefined;
  return {
    url: config.rabbitmqUrl,
    app: config.app,
    // Undefined: in memory like the jobs, or none with RabbitMQ.
    store: config.redisUrl === undefined ? undefined : new RedisJobStore({ url: config.redisUrl }),
    schedules: config.hasSchedules && {},
    queues: isRemembered ? LIMITED : QUEUES,
    worker: role.runsJobs && {
      concurrency: 10,
      // Rendering keeps the processor busy; more at once would not be faster.
      queues: { invoice: { concurrency: 4 } },
    },
  };
}

/** The same in each process: what a producer calls high must be high for the workers. */
const QUEUES = {
  // Receipts before reminders, and a newsletter behind them all; a little of each all the time.
  email: { priorities: 3 },
} satisfies JobsOptions['queues'];

/** With limits over all workers together, which agree by the store. */
const LIMITED: NonNullable<JobsOptions['queues']> = {
  // What the mail provider takes for a list; other mails have none.
  email: {
    ...QUEUES.email,
    rateLimit: { max: 20, per: '1s', key: ({ list }: Partial<NewsletterIssue>) => list },
  },
  // A customer with a thousand orders leaves room for the others.
  invoice: { concurrency: { limit: 2, key: (invoice: Invoice) => invoice.customer } },
};

function readDuration(name: string, text: string): Duration {
  if (/^\d+(ms|s|m|h|d)$/.test(text)) return text as Duration;
  throw new Error(`${name}: '${text}' is no duration. Give a whole number with a unit: 90s, 30m, 12h, 1d.`);
}

function readAddress(name: string, text: string | undefined): ShopConfig['telemetry'] {
  if (text === undefined) return undefined;
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new Error(`${name}: '${text}' is no address. Give host and port: 127.0.0.1:9464.`);
}
