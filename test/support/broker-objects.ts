import { randomBytes } from 'node:crypto';

/** A name for one test's application, so that its queues are its own. */
export function uniqueApp(name: string): string {
  return `t-${name}-${randomBytes(4).toString('hex')}`;
}

// Plain JavaScript without types, which scripts and the benchmark use too.
const modulePath = '../../scripts/broker-objects.mjs';

/** Takes away everything that an application declared, for the queues named. Deleting what is not there is fine. */
export async function removeApp(
  url: string,
  app: string,
  queues: readonly string[] = ['slow'],
): Promise<void> {
  const objects = (await import(modulePath)) as { readonly removeApp: typeof removeApp };
  await objects.removeApp(url, app, queues);
}
