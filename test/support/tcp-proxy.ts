import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';

/**
 * Stands between a client and RabbitMQ on a port of its own, and lets a test refuse, cut, stall or swallow
 * connections. `url` is the way through it, with the credentials and virtual host of the real one.
 */
export class TcpProxy {
  /** Connections that clients opened so far. */
  accepted = 0;
  private readonly pairs = new Set<readonly [client: Socket, upstream: Socket]>();
  private server: Server | undefined;
  private isStalled = false;
  private isSwallowing = false;

  private constructor(
    private readonly target: URL,
    private readonly port: number,
  ) {}

  /** With a port of its own, which refuses connections until `open`. */
  static async reserve(target: string): Promise<TcpProxy> {
    return new TcpProxy(new URL(target), await freePort());
  }

  static async start(target: string): Promise<TcpProxy> {
    const proxy = await TcpProxy.reserve(target);
    await proxy.open();
    return proxy;
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  get openConnections(): number {
    return this.pairs.size;
  }

  /** Takes connections. */
  async open(): Promise<void> {
    this.server = createServer((client) => this.join(client)).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Ends every connection at once, as a crash or a pulled cable does. */
  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
    this.pairs.clear();
  }

  /** Refuses connections from now on, and ends those there are. */
  async refuse(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    const done = server ? closed(server) : undefined;
    this.cut();
    await done;
  }

  /** Lets nothing of the broker through, while connections stay open. */
  stall(): void {
    this.isStalled = true;
    for (const [, upstream] of this.pairs) upstream.pause();
  }

  flow(): void {
    this.isStalled = false;
    for (const [, upstream] of this.pairs) upstream.resume();
  }

  /** Lets nothing of the clients through, which notice nothing; until the next connection. */
  muffle(): void {
    for (const [client, upstream] of this.pairs) client.unpipe(upstream).resume();
  }

  /** Accepts connections and says nothing, as a port behind a dead load balancer does. */
  swallow(does = true): void {
    this.isSwallowing = does;
  }

  private join(client: Socket): void {
    this.accepted += 1;
    const upstream = connect(Number(this.target.port || 5672), this.target.hostname);
    const pair = [client, upstream] as const;
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', end).on('close', end);
    if (this.isSwallowing) return void client.resume();
    client.pipe(upstream);
    upstream.on('data', (bytes) => client.write(bytes));
    if (this.isStalled) upstream.pause();
  }
}

function closed(server: Server): Promise<unknown> {
  const done = once(server, 'close');
  server.close();
  return done;
}
