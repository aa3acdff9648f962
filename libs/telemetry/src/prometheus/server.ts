import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigurationError } from 'nestjs-warren/ports';
import type { ProbeAnswer, Probes } from '../probes.js';
import type { MetricsRegistry } from './registry.js';

export interface ServerParts {
  readonly port: number;
  readonly host: string;
  readonly probes: Probes;
  /** Undefined: there are no metrics for Prometheus, and `/metrics` is not there. */
  readonly registry: MetricsRegistry | undefined;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * The small server of a process without HTTP: `/metrics` for Prometheus; `/live`, `/ready` and `/started` for an
 * orchestrator, 200 or 503. It answers GET and HEAD, and tells nothing that would need a guard but names of queues and
 * job types; it listens on this machine alone unless it is told otherwise. idle -> listening -> closed.
 */
export class TelemetryServer {
  private readonly server: Server;

  constructor(private readonly parts: ServerParts) {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  /** @throws ConfigurationError when the port cannot be had. */
  async listen(): Promise<void> {
    const { port, host } = this.parts;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error: NodeJS.ErrnoException) => reject(notListening(error, port, host)));
      this.server.listen(port, host, () => resolve());
    });
  }

  /** Where it listens, e.g. `http://127.0.0.1:9464`. */
  get url(): string {
    const { address, port, family } = this.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      // Scrapers keep their connections open.
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.answer(request).catch(failed);
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  private async answer({ method, url = '' }: IncomingMessage): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'Only GET and HEAD.');
    const { probes, registry } = this.parts;
    const [path] = url.split('?');
    switch (path) {
      case '/live':
        return probe(probes.live());
      case '/ready':
        return probe(probes.ready());
      case '/started':
        return probe(probes.started());
      case '/metrics':
        if (registry) return { status: 200, type: registry.contentType, body: await registry.metrics() };
        return text(404, 'No metrics: prom-client is not installed, or `prometheus` is false.');
      default:
        return text(404, 'Here are /metrics, /live, /ready and /started.');
    }
  }
}

function probe({ isOk, connections }: ProbeAnswer): Answer {
  const body = `${JSON.stringify({ status: isOk ? 'ok' : 'unavailable', connections })}\n`;
  return { status: isOk ? 200 : 503, type: 'application/json', body };
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

/** A collector of another library in the same registry may fail. */
function failed(error: unknown): Answer {
  return text(
    500,
    `The metrics could not be read: ${error instanceof Error ? error.message : String(error)}`,
  );
}

function notListening({ code = '', message }: NodeJS.ErrnoException, port: number, host: string): Error {
  return new ConfigurationError([
    `JobsTelemetryModule: server: it cannot listen on port ${port} of ${host} (${code || message}). Give another port or host, or 0 for a port that is free.`,
  ]);
}
