import type { RabbitMqSettings } from '../../libs/core/src/options/settings.js';

/** Settings of the adapter for a test; short limits. */
export function rabbitmqSettings({
  url,
  ...rest
}: { readonly url: string; readonly app: string } & Partial<RabbitMqSettings>): RabbitMqSettings {
  return {
    urls: [url],
    managementUrl: undefined,
    declare: true,
    publishTimeoutMs: 10_000,
    maxUnconfirmed: 2_000,
    maxUnconfirmedBytes: 64 * 1024 * 1024,
    queueType: 'quorum',
    connectionHeartbeatMs: 10_000,
    connectTimeoutMs: 10_000,
    connectionName: 'warren test',
    ...rest,
  };
}
