import type { Warren } from 'nestjs-warren/standalone';
import type { MetricsPort } from './port.js';

/** Counts the calls of the job store. Returns how to stop it. */
export function addStoreCalls(ports: readonly MetricsPort[], warren: Warren, connection: string): () => void {
  return warren.storeLink.watchCalls(({ operation, durationMs, outcome }) => {
    const labels = { connection, op: operation };
    for (const port of ports) {
      port.observe('storeOperation', labels, durationMs / 1_000);
      if (outcome !== 'answered') port.count('storeErrors', labels);
    }
  });
}
