import { createClient } from 'redis';

/** Takes what an application has in Redis away, by the names of docs/reference/redis-keys.md. */
export async function forgetJobs(url, app) {
  const client = createClient({ url });
  client.on('error', () => {});
  await client.connect();
  try {
    for await (const keys of client.scanIterator({ MATCH: `warren:{${app}}:*`, COUNT: 1_000 })) {
      if (keys.length > 0) await client.unlink(keys);
    }
  } finally {
    client.destroy();
  }
}
