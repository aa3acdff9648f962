import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobQueue, JobsModule } from 'nestjs-warren';
import { removeApp, uniqueApp } from '../support/broker-objects.js';
import { buildLibraries } from '../support/build.js';
import { RunningProgram, kill } from '../support/processes.js';
import { rabbitmqUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** The sample worker as users start it is stopped in the midst of its work: each webhook is delivered once. */

const NEST = 'node_modules/@nestjs/cli/bin/nest.js';
const BUILT = 'dist/apps/sample-worker/apps/sample-worker/src/main.js';
/** Of the sample worker. */
const CONCURRENCY = 10;
const JOBS = 60;
const LIMIT_MS = 90_000;

/** Takes the shop's webhooks, and answers them when it is told to. */
class Target {
  /** By job. */
  readonly deliveries = new Map<string, number>();
  private readonly held: ServerResponse[] = [];
  private isHolding = true;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const job = String(request.headers['x-shop-delivery']);
      this.deliveries.set(job, (this.deliveries.get(job) ?? 0) + 1);
      request.resume();
      if (this.isHolding) this.held.push(response);
      else response.end('{}');
    });
  }

  static async start(): Promise<Target> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Target(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  answer(): void {
    this.isHolding = false;
    for (const response of this.held.splice(0)) response.end('{}');
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe('the sample worker', () => {
  let app: string;
  let folder: string;
  let target: Target;
  let producer: INestApplicationContext;
  const programs: RunningProgram[] = [];

  beforeAll(() => buildLibraries(), 120_000);
  beforeEach(async () => {
    app = uniqueApp('stop-shop');
    folder = mkdtempSync(join(tmpdir(), 'warren-shop-'));
    target = await Target.start();
    class Producer {}
    Module({ imports: [JobsModule.forRoot({ url: rabbitmqUrl(), app, worker: false })] })(Producer);
    producer = await NestFactory.createApplicationContext(Producer, { logger: false });
    const notice = { url: target.url, amountCents: 100 };
    await producer.get(JobQueue).enqueueMany(
      Array.from({ length: JOBS }, (_, index) => ({
        job: 'webhook:deliver',
        payload: { ...notice, orderId: `order-${index}` },
      })),
    );
  });
  afterEach(async () => {
    for (const program of programs.splice(0)) program.killTree();
    target.close();
    await producer.close();
    await removeApp(rabbitmqUrl(), app, ['webhook', 'email', 'payment', 'invoice']);
    rmSync(folder, { recursive: true, force: true });
  });

  function start(args: readonly string[]): RunningProgram {
    const env = { RABBITMQ_URL: rabbitmqUrl(), SHOP_APP: app, SHOP_OUTPUT: folder, NO_COLOR: '1' };
    const program = new RunningProgram(process.execPath, args, { env, limitMs: LIMIT_MS });
    programs.push(program);
    return program;
  }

  it.each([
    ['nest start sample-worker --no-shell', [NEST, 'start', 'sample-worker', '--no-shell']],
    [`node ${BUILT}`, ['--enable-source-maps', BUILT]],
  ])(
    'under `%s` finishes what runs, exits with 0, and leaves the rest to the next',
    async (_name, args) => {
      // The first of the two builds it.
      expect(args.includes(NEST) || existsSync(BUILT)).toBe(true);
      const first = start(args);
      await until(() => target.deliveries.size === CONCURRENCY, 'ten webhooks are on their way', LIMIT_MS);
      kill(first.pid, 'SIGTERM');
      await until(() => first.stdout.includes('Worker drains'), 'it takes no more jobs');
      target.answer();
      const { code, stdout } = await first.result;
      expect(stdout).toContain(`Worker drained: ${CONCURRENCY} finished, 0 given back unstarted, 0 cut`);
      expect(code).toBe(0);
      expect(target.deliveries.size).toBe(CONCURRENCY);

      const second = start(['--enable-source-maps', BUILT]);
      await until(() => target.deliveries.size === JOBS, 'all webhooks are delivered');
      kill(second.pid, 'SIGTERM');
      expect((await second.result).code).toBe(0);
      expect([...target.deliveries.values()].filter((times) => times !== 1)).toEqual([]);
    },
    2 * LIMIT_MS,
  );
});
