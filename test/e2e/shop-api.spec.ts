import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { ApiConfig } from '../../apps/sample-api/src/config.js';
import { createApi } from '../../apps/sample-api/src/create-api.js';
import { removeApp } from '../support/broker-objects.js';
import { RedisApp } from '../support/redis-app.js';
import { rabbitmqUrl, redisUrl } from '../support/services.js';
import { until } from '../support/until.js';

/** The shop's API alone, over RabbitMQ: no worker runs what it enqueues. */

const ORDER = {
  orderId: 'order-1',
  email: 'ada@example.com',
  customer: 'Ada',
  items: [{ product: 'Fountain pen', quantity: 2, unitCents: 2490 }],
  payLater: true,
};
const NOBODY_LISTENS = 'redis://127.0.0.1:1';
const LIMIT_MS = 60_000;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly jobs: ReadonlyArray<Record<'id' | 'type', string>> };
}

describe('the API of the shop over RabbitMQ', () => {
  const redis = new RedisApp();
  let folder: string;
  let app: INestApplication;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shop-api-'));
  });
  afterEach(async () => {
    await app.close();
    await removeApp(rabbitmqUrl(), redis.app, ['email', 'payment', 'invoice', 'webhook', 'report']);
    await rm(folder, { recursive: true });
  });
  afterAll(() => redis.dispose());

  async function start(store: string): Promise<void> {
    const environment = {
      RABBITMQ_URL: rabbitmqUrl(),
      REDIS_URL: store,
      SHOP_APP: redis.app,
      SHOP_OUTPUT: folder,
    };
    app = await createApi(new ApiConfig(environment), { logger: false });
    await app.listen(0, '127.0.0.1');
    await until(async () => (await ask('GET', '/healthz')).status === 200, 'the API is healthy');
  }

  async function ask(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch((await app.getUrl()) + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  it(
    'answers a double click with one job, and cancels jobs that wait, with Redis',
    async () => {
      await start(redisUrl());
      const { body } = await ask('POST', '/orders', ORDER);
      const reminder = body.jobs.find(({ type }) => type === 'email:reminder')!.id;
      expect((await ask('GET', `/jobs/${reminder}`)).body).toMatchObject({ state: 'scheduled', tried: 0 });

      const clicks = await Promise.all([1, 2].map(() => ask('POST', '/orders/order-1/pay')));
      const ids = new Set(clicks.map((click) => click.body.jobs[0]!.id));
      expect(ids.size).toBe(1);
      expect(clicks.map((click) => click.body['deduplicated']).sort()).toEqual([false, true]);

      for (const id of [reminder, ...ids]) {
        expect(await ask('DELETE', `/jobs/${id}`)).toEqual({
          status: 202,
          body: { id, outcome: 'cancelled' },
        });
        expect((await ask('GET', `/jobs/${id}`)).body).toMatchObject({ state: 'cancelled', tried: 0 });
      }
    },
    LIMIT_MS,
  );

  it.each([
    ['501 where nothing remembers jobs', '', { status: 501, body: { code: 'WARREN_NO_STORE' } }],
    ['503 while Redis is away', NOBODY_LISTENS, { status: 503, body: { code: 'WARREN_STORE_UNAVAILABLE' } }],
  ])(
    'takes orders, and answers what needs a store with %s',
    async (_answer, store, refusal) => {
      await start(store);
      const { status, body } = await ask('POST', '/orders', ORDER);
      expect(status).toBe(202);
      const { id } = body.jobs[0]!;
      expect(await ask('GET', `/jobs/${id}`)).toMatchObject(refusal);
      expect(await ask('DELETE', `/jobs/${id}`)).toMatchObject(refusal);
      expect(await ask('POST', '/orders/order-1/pay')).toMatchObject(refusal);
    },
    LIMIT_MS,
  );
});
