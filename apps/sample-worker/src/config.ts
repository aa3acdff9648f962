import { resolve } from 'node:path';
import type { JobsOptions } from 'nestjs-warren';

/** Every option of the shop's jobs, read from the environment once. The only reader of it in this app. */
export class ShopConfig {
  /** AMQP URL. Without one, jobs live in the process that enqueues them. */
  readonly rabbitmqUrl: string | undefined;
  /** First part of every name at the broker. Default `shop`. */
  readonly app: string;
  /** Where mail goes, e.g. `smtp://127.0.0.1:1025`. Without one, mail is only logged. */
  readonly smtpUrl: string | undefined;
  /** Base URL of the payment gateway. Without one, nobody is charged. */
  readonly gatewayUrl: string | undefined;
  /** Folder of orders, invoices and reports; API and worker share it. Default `.shop`. */
  readonly outputDir: string;
  /** File that gets a line of JSON for each moment in a job's life. Default: none. */
  readonly ledger: string | undefined;

  constructor(environment: NodeJS.ProcessEnv) {
    // An empty variable means "not set": that is how compose files leave one out.
    const read = (name: string) => environment[name]?.trim() || undefined;
    this.rabbitmqUrl = read('RABBITMQ_URL');
    this.app = read('SHOP_APP') ?? 'shop';
    this.smtpUrl = read('SMTP_URL');
    this.gatewayUrl = read('GATEWAY_URL');
    this.outputDir = resolve(read('SHOP_OUTPUT') ?? '.shop');
    this.ledger = read('SHOP_LEDGER');
  }
}

/** How this shop uses Warren, the same in each of its processes but for who runs jobs. */
export function jobsOptions(config: ShopConfig, role: { readonly runsJobs: boolean }): JobsOptions {
  return {
    url: config.rabbitmqUrl,
    app: config.app,
    worker: role.runsJobs && {
      concurrency: 10,
      // Rendering keeps the processor busy; more at once would not be faster.
      queues: { invoice: { concurrency: 4 } },
    },
  };
}
