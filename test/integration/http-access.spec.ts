import 'reflect-metadata';
import { request as httpRequest } from 'node:http';
import { Injectable, UnauthorizedException, type CanActivate } from '@nestjs/common';
import { ApiApp } from '../support/api-app.js';
import type { ApiCall } from 'nestjs-warren-dashboard';

/** Who may use the API. */

const environment = process.env['NODE_ENV'];
const apps: ApiApp[] = [];
afterEach(async () => {
  process.env['NODE_ENV'] = environment;
  for (const app of apps.splice(0)) await app.close();
});

async function start(setup: Parameters<typeof ApiApp.start>[0] = {}): Promise<ApiApp> {
  const app = await ApiApp.start({ ...setup, jobs: { allowInMemory: true, ...setup.jobs } });
  apps.push(app);
  return app;
}

const calls: ApiCall[] = [];
const granting = (api: object = {}) => {
  calls.splice(0);
  return {
    api: {
      access: (_request: unknown, call: ApiCall) => {
        calls.push(call);
        return call.action === 'read';
      },
      ...api,
    },
  };
};

describe('in production', () => {
  beforeEach(() => {
    process.env['NODE_ENV'] = 'production';
  });

  it('does not boot when nobody says who may use it, and says what to write', async () => {
    await expect(start()).rejects.toThrow(/JobsApiModule: NODE_ENV is production.*guards: \[MyAuthGuard\]/s);
  });

  it('boots with an access function, or with guards', async () => {
    expect((await (await start(granting())).ask('GET', 'counts')).status).toBe(200);
    const guarded = await start({ api: { guards: [Refusing] } });
    expect((await guarded.ask('GET', 'counts')).status).toBe(403);
  });
});

@Injectable()
class Refusing implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

describe('without guards and access', () => {
  /** Other than fetch, it lets set the host. */
  const statusWith = (app: ApiApp, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      httpRequest(`${app.url}/counts`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      })
        .on('error', reject)
        .end();
    });

  it('serves this machine alone', async () => {
    const app = await start();
    expect(await statusWith(app, {})).toBe(200);
    expect(await statusWith(app, { host: 'localhost:3000' })).toBe(200);
  });

  it.each<Record<string, string>>([
    { host: 'attacker.example' },
    { 'x-forwarded-for': '203.0.113.7' },
    { forwarded: 'for=203.0.113.7' },
  ])('refuses what only seems to come from it: %j', async (headers) => {
    expect(await statusWith(await start(), headers)).toBe(403);
  });
});

describe('the access function', () => {
  it('hears what a request wants, and anything but true is a no', async () => {
    const app = await start(granting());
    expect((await app.ask('GET', 'jobs/a%2Fb')).status).toBe(404);
    expect(calls).toEqual([{ action: 'read', operation: 'getJob', params: { id: 'a/b' } }]);
    const refused = await app.ask('POST', 'jobs', { type: 'email:new' });
    expect(refused).toMatchObject({
      status: 403,
      body: {
        code: 'WARREN_FORBIDDEN',
        detail: "enqueueJob is refused: the access function said no to 'enqueue'.",
      },
    });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([undefined, 'yes', 1, {}, Promise.resolve('true')])(
    'does not take %p for a yes',
    async (answer) => {
      const app = await start({ api: { access: () => answer as boolean } });
      expect((await app.ask('GET', 'counts')).status).toBe(403);
    },
  );

  it('may throw exceptions of Nest; what else it throws is a 500 that tells nothing', async () => {
    const thrown: unknown[] = [
      new UnauthorizedException('Who are you?'),
      new Error('secret of the directory'),
    ];
    const app = await start({
      api: {
        access: () => {
          throw thrown.shift();
        },
      },
    });
    expect(await app.ask('GET', 'counts')).toMatchObject({ status: 401, body: { detail: 'Who are you?' } });
    const failed = await app.ask('GET', 'counts');
    expect(failed.status).toBe(500);
    expect(JSON.stringify(failed.body)).not.toContain('secret');
  });

  it('is asked after the guards, which refuse first', async () => {
    const app = await start(granting({ guards: [Refusing] }));
    expect((await app.ask('GET', 'counts')).status).toBe(403);
    expect(calls).toEqual([]);
  });

  it('guards every route', async () => {
    const app = await start({ api: { access: () => false, remoteTypes: ['py:*'] } });
    const { paths } = (await (await start()).ask('GET', 'openapi.json')).body as {
      paths: Record<string, Record<string, unknown>>;
    };
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        const { status } = await app.ask(method.toUpperCase(), path.slice(1).replaceAll(/[{}]/g, ''));
        expect([path, method, status]).toEqual([path, method, 403]);
      }
    }
  });
});

describe('pages of other sites', () => {
  const changing = (app: ApiApp, headers: Record<string, string>) =>
    app.ask('POST', 'queues/email/pause', undefined, { headers });

  it('can change nothing with the cookies of a visitor', async () => {
    const app = await start({ jobs: { queues: { email: {} } } });
    const { host } = new URL(app.url);
    const foreign: ReadonlyArray<Record<string, string>> = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://attacker.example' },
      { origin: 'null' },
    ];
    for (const headers of foreign) {
      expect(await changing(app, headers)).toMatchObject({
        status: 403,
        body: { code: 'WARREN_FORBIDDEN' },
      });
    }
    expect((await changing(app, { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect((await changing(app, { origin: `http://${host}` })).status).toBe(200);
    expect((await changing(app, {})).status).toBe(200);
  });
});

describe('options', () => {
  it('are checked at boot, all at once', async () => {
    await expect(
      start({ api: { lease: '1ms', redact: true as never, acess: () => true } as never }),
    ).rejects.toThrow(/acess.*Did you mean 'access'\?[\s\S]*lease|lease[\s\S]*acess/);
  });
});
