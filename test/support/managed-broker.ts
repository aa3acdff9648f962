import { rabbitmqUrl } from './services.js';
import { until } from './until.js';

/**
 * A broker whose management API may be used, and changed: that of RABBITMQ_URL when RABBITMQ_MANAGEMENT_URL names its
 * API, else a private node of an installed RabbitMQ.
 */
export interface ManagedBroker {
  readonly url: string;
  readonly managementUrl: string;
  stop(): Promise<void>;
}

interface Started {
  readonly service?: ManagedBroker;
  readonly problem?: string;
}

// Plain JavaScript without types, which scripts use too.
const modulePath = '../../scripts/services/rabbitmq.mjs';

export async function managedBroker(): Promise<ManagedBroker> {
  const managementUrl = process.env['RABBITMQ_MANAGEMENT_URL'];
  if (managementUrl) return { url: rabbitmqUrl(), managementUrl, stop: () => Promise.resolve() };
  const { startRabbitMq } = (await import(modulePath)) as {
    readonly startRabbitMq: (say: (what: string) => void) => Promise<Started>;
  };
  const { service, problem } = await startRabbitMq(() => undefined);
  if (service) return service;
  throw new Error(
    `This test needs RabbitMQ's management API: ${problem}. Name that of RABBITMQ_URL in RABBITMQ_MANAGEMENT_URL.`,
  );
}

/** Changes policies, users and bindings as an administrator does, and takes its changes back. */
export class Administrator {
  private readonly undo: Array<() => Promise<unknown>> = [];

  constructor(private readonly broker: ManagedBroker) {}

  async policy(name: string, pattern: string, definition: Readonly<Record<string, unknown>>): Promise<void> {
    const path = `/policies/%2F/${name}`;
    await this.send('PUT', path, { pattern, definition, 'apply-to': 'queues' });
    this.undo.push(() => this.send('DELETE', path));
  }

  /** What a policy says; undefined: there is none. */
  async definitionOf(name: string): Promise<unknown> {
    const policies = (await this.send('GET', '/policies/%2F')) as ReadonlyArray<{
      readonly name: string;
      readonly definition: unknown;
    }>;
    return policies.find((policy) => policy.name === name)?.definition;
  }

  /** A user that may read and write, but declare nothing. Returns the URL with which it connects. */
  async user(name: string, tags: string): Promise<string> {
    await this.send('PUT', `/users/${name}`, { password: 'secret word', tags });
    this.undo.push(() => this.send('DELETE', `/users/${name}`));
    await this.send('PUT', `/permissions/%2F/${name}`, { configure: '^$', write: '.*', read: '.*' });
    const url = new URL(this.broker.url);
    url.username = name;
    url.password = encodeURIComponent('secret word');
    return url.href;
  }

  /** Resolves when the broker shows that policy, or none, on the queue. */
  async untilPolicy(queueName: string, policy: string | undefined): Promise<void> {
    await until(
      async () => {
        const { policy: shown, messages } = (await this.send('GET', `/queues/%2F/${queueName}`)) as {
          readonly policy?: string | null;
          readonly messages?: number;
        };
        return messages !== undefined && (shown ?? undefined) === policy;
      },
      `${queueName} shows the policy ${policy ?? 'none'}`,
    );
  }

  /** Of a feature flag. */
  async stabilityOf(flag: string): Promise<string | undefined> {
    const flags = (await this.send('GET', '/feature-flags')) as ReadonlyArray<{
      readonly name: string;
      readonly stability: string;
    }>;
    return flags.find(({ name }) => name === flag)?.stability;
  }

  async takeBack(): Promise<void> {
    for (const undo of this.undo.splice(0).reverse()) await undo();
  }

  private async send(method: string, path: string, body?: unknown): Promise<unknown> {
    const { username, password } = new URL(this.broker.url);
    const response = await fetch(`${this.broker.managementUrl}/api${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}
