import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A way to the broker whose connections can be cut. */
export class Proxy {
  #target;
  #server;
  #pairs = new Set();

  constructor(target) {
    this.#target = new URL(target);
  }

  async start() {
    this.#server = createServer((client) => this.#join(client)).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url() {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String(this.#server.address().port);
    return url.href;
  }

  /** Ends every connection at once, with what is on its way. */
  cut() {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
  }

  stop() {
    this.#server.close();
    this.cut();
  }

  #join(client) {
    const upstream = connect(Number(this.#target.port || 5672), this.#target.hostname);
    const pair = [client, upstream];
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', end).on('close', end);
    client.pipe(upstream).pipe(client);
  }
}
