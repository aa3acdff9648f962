import { parseArgs } from 'node:util';

/** The demo's flags. */

const BROKERS = ['memory', 'rabbitmq'];

export const USAGE = `Usage: npm run demo -- [--broker memory|rabbitmq] [--keep]

  --broker memory    one process: the API runs the jobs too, nothing else is needed (default)
  --broker rabbitmq  two processes, API and worker, over RabbitMQ: the one at RABBITMQ_URL, or one started for it;
                     their jobs are remembered in the Redis at REDIS_URL, or not at all
  --keep             leave mails, invoices, reports and logs in a folder below .demo
  --help             show this`;

/** @returns {{ options: { broker: string, keep: boolean, help: boolean } | undefined, problem: string | undefined }} */
export function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        broker: { type: 'string', default: 'memory' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (BROKERS.includes(values.broker)) return { options: values };
    return {
      problem: `--broker ${values.broker}: there is no such broker. Give one of: ${BROKERS.join(', ')}.`,
    };
  } catch (error) {
    return { problem: error.message };
  }
}
