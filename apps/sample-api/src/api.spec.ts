import 'reflect-metadata';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { until } from 'nestjs-warren/testing';
import type { Accepted } from './accepted.js';
import { ApiConfig } from './config.js';
import { createApi } from './create-api.js';

/** The whole shop in this process, over HTTP. The gateway answers when it is told to. */

const ITEMS = [
  { product: 'Fountain pen', quantity: 2, unitCents: 2490 },
  { product: 'Desk lamp', quantity: 1, unitCents: 3200 },
];
const ORDER = { orderId: 'order-1', email: 'ada@example.com', customer: 'Ada', items: ITEMS };

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & Accepted;
}

class Gateway {
  readonly keys: string[] = [];
  status = 201;
  isHolding = false;
  private readonly held: ServerResponse[] = [];
  private readonly server: Server = createServer((request, response) => {
    this.keys.push(String(request.headers['idempotency-key']));
    request.resume();
    this.held.push(response);
    if (!this.isHolding) this.answer();
  });

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  answer(): void {
    this.isHolding = false;
    for (const response of this.held.splice(0)) response.writeHead(this.status).end('{"id":"charge-1"}');
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe('the API of the shop', () => {
  let folder: string;
  let gateway: Gateway;
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shop-api-'));
    gateway = new Gateway();
    const environment = { SHOP_OUTPUT: folder, GATEWAY_URL: await gateway.start() };
    app = await createApi(new ApiConfig(environment), { logger: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterEach(async () => {
    gateway.answer();
    await app.close();
    gateway.stop();
    await rm(folder, { recursive: true });
  });

  async function ask(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  async function order(more: object = {}): Promise<(type: string) => string> {
    const { status, body } = await ask('POST', '/orders', { ...ORDER, ...more });
    expect(status).toBe(202);
    return (type) => body.jobs.find((job) => job.type === type)!.id;
  }

  const stateOf = async (id: string) => (await ask('GET', `/jobs/${id}`)).body['state'];
  const untilState = (id: string, state: string) =>
    until(async () => (await stateOf(id)) === state, `the job is ${state}`);

  describe('POST /newsletter', () => {
    it('enqueues a mail for each reader, which leave one after the other', async () => {
      const to = ['ada@example.com', 'grace@example.com', 'edsger@example.com'];
      const startedAt = Date.now();
      const { status, body } = await ask('POST', '/newsletter', {
        to,
        subject: 'News',
        text: 'There are some.',
      });
      expect(status).toBe(202);
      expect(body.jobs.map(({ type }) => type)).toEqual(to.map(() => 'newsletter:mail'));
      for (const { id } of body.jobs) await untilState(id, 'completed');
      // 20 a second.
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(100);
    });

    it('refuses an issue with an address that is none', async () => {
      const issue = { to: ['ada@example.com', 'nobody'], subject: 'News', text: 'There are some.' };
      expect((await ask('POST', '/newsletter', issue)).status).toBe(400);
    });
  });

  describe('GET /jobs/:id', () => {
    it('tells what became of a job, and how far it came, without its payload', async () => {
      const id = (await order())('invoice:pdf');
      await untilState(id, 'completed');
      const { status, body } = await ask('GET', `/jobs/${id}`);
      expect(status).toBe(200);
      expect(body).toEqual({
        id,
        type: 'invoice:pdf',
        queue: 'invoice',
        state: 'completed',
        progress: { done: 2, total: 2 },
        result: { file: 'invoices/invoice-order-1.pdf', sizeBytes: expect.any(Number) as number },
        created: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        tried: 1,
        tries: 3,
      });
    });

    it('tells the error of a job that failed without its stack', async () => {
      gateway.status = 402;
      const id = (await order())('payment:charge');
      await untilState(id, 'failed');
      expect((await ask('GET', `/jobs/${id}`)).body).toMatchObject({
        error: 'NonRetryableJobError: The gateway answered 402 for order order-1',
        tried: 1,
        tries: 6,
      });
    });

    it.each(['nothing', encodeURIComponent("'; drop table jobs \u{1f600}"), 'x'.repeat(300)])(
      'answers 404 for an id that nobody knows: %s',
      async (id) => {
        expect((await ask('GET', `/jobs/${id}`)).status).toBe(404);
        expect(await ask('DELETE', `/jobs/${id}`)).toMatchObject({
          status: 404,
          body: { code: 'WARREN_JOB_NOT_FOUND' },
        });
      },
    );
  });

  describe('DELETE /jobs/:id', () => {
    it('cancels a job that waits, also twice', async () => {
      const id = (await order({ payLater: true }))('email:reminder');
      expect(await stateOf(id)).toBe('scheduled');
      const cancelled = { status: 202, body: { id, outcome: 'cancelled' } };
      expect(await ask('DELETE', `/jobs/${id}`)).toEqual(cancelled);
      expect(await ask('DELETE', `/jobs/${id}`)).toEqual(cancelled);
      expect((await ask('GET', `/jobs/${id}`)).body).toMatchObject({ state: 'cancelled', tried: 0 });
    });

    it('makes one that runs end, which it does cancelled', async () => {
      gateway.isHolding = true;
      const id = (await order())('payment:charge');
      await until(() => gateway.keys.length === 1, 'the gateway is asked');
      expect(await ask('DELETE', `/jobs/${id}`)).toEqual({
        status: 202,
        body: { id, outcome: 'cancelling' },
      });
      // The gateway still holds its answer: the signal ends the request.
      await untilState(id, 'cancelled');
    });

    it('answers 409 for one that has ended', async () => {
      const id = (await order())('invoice:pdf');
      await untilState(id, 'completed');
      expect(await ask('DELETE', `/jobs/${id}`)).toMatchObject({
        status: 409,
        body: { message: `Job ${id} has ended; GET /jobs/${id} says how.` },
      });
      expect(await stateOf(id)).toBe('completed');
    });
  });

  describe('POST /orders/:orderId/pay', () => {
    it('charges once for a double click, and for one that comes after the charge', async () => {
      await order({ payLater: true });
      const clicks = await Promise.all([1, 2].map(() => ask('POST', '/orders/order-1/pay')));
      const { id } = clicks[0]!.body.jobs[0]!;
      for (const { status, body } of clicks) {
        expect(status).toBe(202);
        expect(body.jobs).toEqual([{ id, type: 'payment:charge' }]);
      }
      expect(clicks.map(({ body }) => body['deduplicated']).sort()).toEqual([false, true]);

      await untilState(id, 'completed');
      const late = await ask('POST', '/orders/order-1/pay');
      expect(late.body).toEqual({ jobs: [{ id, type: 'payment:charge' }], deduplicated: true });
      expect(gateway.keys).toEqual([id]);
    });

    it('charges nobody for an order that waits to be paid', async () => {
      const idOf = await order({ payLater: true });
      await untilState(idOf('invoice:pdf'), 'completed');
      await untilState(idOf('email:new'), 'completed');
      expect(gateway.keys).toEqual([]);
    });

    it('answers 409 for an order that was charged when it was placed, 404 for none', async () => {
      await order();
      expect((await ask('POST', '/orders/order-1/pay')).status).toBe(409);
      expect((await ask('POST', '/orders/order-2/pay')).status).toBe(404);
    });
  });

  it('answers 400 for a body that is not as it must be', async () => {
    expect((await ask('POST', '/orders', { ...ORDER, payLater: 'yes' })).status).toBe(400);
    expect((await ask('POST', '/signup', { email: 'nobody', name: 'Ada' })).status).toBe(400);
  });
});
