import type { Settings } from '../options/settings.js';

/** The one line that says where jobs live. */
export function brokerLine({ broker, connection, app }: Settings): string {
  const whose = connection === 'default' ? '' : ` (connection ${connection})`;
  switch (broker.kind) {
    case 'memory':
      return `No broker URL given: jobs of '${app}' live in this process and end with it${whose}. Give { url: 'amqp://…' } to keep them in RabbitMQ.`;
    case 'rabbitmq':
      return `Jobs of '${app}' live in RabbitMQ${whose}`;
    case 'given':
      return `Jobs of '${app}' live in the broker given (${broker.broker.kind})${whose}`;
  }
}

/** The one line that says what remembers jobs, and what it cannot do: who asks for that is told at the call alone. */
export function storeLine(isMade: boolean, text: string, canRead: boolean): string {
  const lack =
    "; it has no facet 'reads', so that jobs.get and all else that asks about jobs by id throws WARREN_NO_STORE";
  if (!isMade) return `Jobs are remembered in the ${text}${canRead ? '' : lack}`;
  return 'No job store given: states and results of jobs are remembered in this process and forgotten when it ends. Give { store: new RedisJobStore({ url }) } to keep them, or { store: false } for none.';
}
