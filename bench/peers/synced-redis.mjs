/** A Redis that answers a write when it is on the disk, as a quorum queue does. */
import { Redis } from 'ioredis';

export const SYNCED = { appendonly: 'yes', appendfsync: 'always' };

/** Undefined when it is one, else what is wrong. */
export async function probeSyncedRedis(url) {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null });
  let failure;
  client.on('error', (error) => {
    failure = error;
  });
  try {
    await client.connect();
    for (const [name, wanted] of Object.entries(SYNCED)) {
      const [, value] = await client.config('GET', name);
      if (value !== wanted) return `its ${name} is '${value}', and it must be '${wanted}'`;
    }
    return undefined;
  } catch (error) {
    // What the socket said is more to the point than that of the command.
    return (failure ?? error).message;
  } finally {
    client.disconnect();
  }
}
