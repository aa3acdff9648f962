import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Systems give outgoing connections a port of 32768 or above. A server that comes back after its death would find such
 * a port in another's hands now and then, even in those of a client that tries to reach it. Below 22,000, since the bus
 * of a Redis cluster listens 10,000 above its node.
 */
const FIRST = 10_000;
const END = 22_000;
const BUS = 10_000;

/** Nobody listens there, nor on the port of a cluster's bus; no outgoing connection will take it. */
export async function freePort() {
  for (;;) {
    const port = randomInt(FIRST, END);
    if ((await isFree(port)) && (await isFree(port + BUS))) return port;
  }
}

async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
