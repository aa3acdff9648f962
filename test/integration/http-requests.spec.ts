import 'reflect-metadata';
import { IsEmail } from 'class-validator';
import { defineJob } from 'nestjs-warren';
import { ApiApp } from '../support/api-app.js';

/** Requests that are not as they must be. */

class EmailDto {
  @IsEmail()
  to!: string;
}

describe('bad requests', () => {
  let app: ApiApp;

  beforeAll(async () => {
    app = await ApiApp.start({
      api: { remoteTypes: ['py:*'], definitions: [defineJob()('email:new', { payload: EmailDto })] },
      jobs: { queues: { email: {} }, maxPayloadBytes: 10_000 },
    });
  });
  afterAll(() => app.close());

  it('are refused with all their problems, by field', async () => {
    const { status, body, headers } = await app.ask('POST', 'jobs', {
      tpye: 'email:new',
      options: { delay: 'soon', attempts: 0, runAt: '2027-01-01', more: 1 },
    });
    expect(status).toBe(400);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({ code: 'WARREN_BAD_REQUEST', status: 400, title: expect.any(String) });
    expect(body.hint).toContain('openapi.json');
    expect(body.errors).toEqual([
      expect.stringContaining('body.tpye: there is no such field. Known here: type, payload, options.'),
      'body.type: it is missing.',
      expect.stringContaining('body.options.more: there is no such field.'),
      expect.stringContaining('body.options.delay: "soon" is not a duration'),
      expect.stringContaining('body.options.runAt: "2027-01-01" is not an instant with its zone'),
      expect.stringContaining('body.options.attempts: 0 is not a whole number'),
    ]);
  });

  it.each([
    ['an unfinished body', '{"type":'],
    ['text', '"email:new"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '1'],
  ])('%s is a 400', async (_what, body) => {
    expect((await app.ask('POST', 'jobs', body)).status).toBe(400);
  });

  it('keys of objects themselves are no fields', async () => {
    const { status, body } = await app.ask(
      'POST',
      'jobs',
      '{"type":"a","__proto__":{"x":1},"constructor":{}}',
    );
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(2);
  });

  it('a body of nothing but unknown fields is answered with the first of them', async () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`f${index}`, 1]));
    const { status, body } = await app.ask('POST', 'jobs', many);
    expect(status).toBe(400);
    expect(body.errors.length).toBeLessThanOrEqual(20);
  });

  it('options that only the enqueue knows to be wrong are a 400 too', async () => {
    for (const options of [
      { queue: 'nobody' },
      { delay: '1s', runAt: '2027-01-01T00:00:00Z' },
      { headers: { a: {} } },
    ]) {
      const { status, body } = await app.ask('POST', 'jobs', {
        type: 'email:new',
        payload: { to: 'a@b.example' },
        options,
      });
      expect([options, status, body.code]).toEqual([options, 400, 'WARREN_CONFIGURATION']);
      expect(body.errors.length).toBeGreaterThan(0);
    }
    expect((await app.ask('POST', 'jobs', { type: 'no type' })).status).toBe(400);
  });

  it('a payload that does not satisfy its definition is a 422 that names the property', async () => {
    const { status, body } = await app.ask('POST', 'jobs', { type: 'email:new', payload: { to: 'nobody' } });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'WARREN_PAYLOAD_INVALID', errors: [expect.stringContaining('to')] });
    expect(JSON.stringify(body)).not.toContain('nobody');
  });

  it('a payload that is too large is a 413, before and behind the parser of bodies', async () => {
    const payload = 'x'.repeat(20_000);
    expect(await app.ask('POST', 'jobs', { type: 'py:a', payload })).toMatchObject({
      status: 413,
      body: { code: 'WARREN_PAYLOAD_TOO_LARGE' },
    });
    expect((await app.ask('POST', 'jobs', { type: 'py:a', payload: payload.repeat(10) })).status).toBe(413);
  });

  it('a payload that is nested too deep is refused', async () => {
    const payload = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const { status } = await app.ask('POST', 'jobs', `{"type":"py:a","payload":${payload}}`);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it.each([
    ['GET', 'jobs?limit=0', 'query.limit'],
    ['GET', 'jobs?limit=1e9', 'query.limit'],
    ['GET', 'jobs?limit=1&limit=2', 'query.limit'],
    ['GET', 'jobs?state=gone', 'query.state'],
    ['GET', 'jobs?createdAfter=yesterday', 'query.createdAfter'],
    ['GET', 'jobs?sort=up', 'query.sort'],
    ['GET', 'jobs/x/result?wait=-1', 'query.wait'],
    ['GET', 'schedules/x/next?count=1001', 'query.count'],
    ['POST', 'queues/email/dead-letters/purge', 'body'],
    ['POST', 'work/receive', undefined],
  ] as const)('%s %s is told of %s', async (method, path, field) => {
    if (field === undefined) return;
    const { status, body } = await app.ask(method, path, method === 'POST' ? {} : undefined);
    expect([status, body.code]).toEqual([400, 'WARREN_BAD_REQUEST']);
    expect(body.detail).toContain(field);
  });

  it.each([
    { ids: [] },
    { ids: ['a'], all: true },
    { all: false },
    { ids: Array.from({ length: 1_001 }, String) },
    { ids: [1] },
  ])('dead letters are not chosen by %j', async (body) => {
    expect((await app.ask('POST', 'queues/email/dead-letters/retry', body)).status).toBe(400);
  });

  it.each([
    ['GET', 'jobs/nothing', 'WARREN_JOB_NOT_FOUND'],
    ['GET', 'jobs/nothing/result?wait=1', 'WARREN_JOB_NOT_FOUND'],
    ['POST', 'jobs/nothing/cancel', 'WARREN_JOB_NOT_FOUND'],
    ['POST', 'jobs/nothing/retry', 'WARREN_JOB_NOT_FOUND'],
    ['POST', 'jobs/nothing/discard', 'WARREN_JOB_NOT_FOUND'],
    ['POST', `jobs/${'x'.repeat(300)}/run-now`, 'WARREN_JOB_NOT_FOUND'],
    ['GET', `jobs/${encodeURIComponent("'; drop table jobs \u{1f600}")}`, 'WARREN_JOB_NOT_FOUND'],
    ['GET', 'queues/nobody', 'WARREN_QUEUE_NOT_FOUND'],
    ['POST', 'queues/nobody/pause', 'WARREN_QUEUE_NOT_FOUND'],
    ['GET', 'schedules/nothing', 'WARREN_SCHEDULE_NOT_FOUND'],
    ['DELETE', 'schedules/nothing', 'WARREN_SCHEDULE_NOT_FOUND'],
    ['POST', 'schedules/nothing/trigger', 'WARREN_SCHEDULE_NOT_FOUND'],
    ['POST', 'workers/nobody/quiet', 'WARREN_WORKER_NOT_FOUND'],
    ['POST', 'work/nothing/heartbeat', 'WARREN_LEASE_NOT_FOUND'],
    ['POST', 'work/nothing/ack', 'WARREN_LEASE_NOT_FOUND'],
  ])('%s %s is a 404', async (method, path, code) => {
    expect(await app.ask(method, path)).toMatchObject({ status: 404, body: { code } });
  });

  it('a cursor of somebody else is a 400, queues that are not served a 404', async () => {
    expect(await app.ask('GET', 'jobs?cursor=abc')).toMatchObject({
      status: 400,
      body: { code: 'WARREN_BAD_CURSOR' },
    });
    expect(await app.ask('POST', 'work/receive', { queues: ['email'] })).toMatchObject({
      status: 404,
      body: { code: 'WARREN_QUEUE_NOT_FOUND' },
    });
  });

  it('a lease that is too short or too long is a 400', async () => {
    for (const lease of ['1ms', '2h']) {
      expect((await app.ask('POST', 'work/receive', { lease, wait: 0 })).status).toBe(400);
    }
  });
});

describe('without a job store', () => {
  it('answers 501 with what to do for what needs one, and enqueues all the same', async () => {
    const app = await ApiApp.start({ jobs: { store: false } });
    try {
      for (const path of ['jobs', 'jobs/x', 'counts', 'schedules', 'workers']) {
        expect(await app.ask('GET', path)).toMatchObject({
          status: 501,
          body: { code: 'WARREN_NO_STORE', hint: expect.stringContaining('RedisJobStore') },
        });
      }
      expect((await app.ask('POST', 'jobs', { type: 'email:new' })).status).toBe(202);
    } finally {
      await app.close();
    }
  });

  it('serves no remote workers where no types are named', async () => {
    const app = await ApiApp.start();
    try {
      expect(await app.ask('POST', 'work/receive', {})).toMatchObject({
        status: 404,
        body: { detail: expect.stringContaining("remoteTypes: ['py:*']") },
      });
    } finally {
      await app.close();
    }
  });
});
