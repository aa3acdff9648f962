import type { BrokerObject } from 'nestjs-warren/operate';
import type { Settings } from './settings.js';

/** What there should be at the broker, without connecting to it. */
export async function describeTopology(
  url: string,
  { appName, queues }: Settings,
  named: readonly string[],
): Promise<readonly BrokerObject[]> {
  const { Warren } = await import('nestjs-warren/standalone');
  const { silentLogger } = await import('nestjs-warren/ports');
  const warren = new Warren({
    options: {
      url,
      app: appName,
      worker: false,
      queues: { ...queues, ...Object.fromEntries(named.map((name) => [name, queues[name] ?? {}])) },
    },
    logger: silentLogger,
    environment: { production: false },
  });
  try {
    return warren.jobs.topology.objects();
  } finally {
    await warren.close();
  }
}
