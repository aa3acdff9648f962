import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { queueSettings } from '../../../options/queue.js';
import type { RabbitMqSettings } from '../../../options/settings.js';
import { ManualClock } from '../../../testing/manual-clock.js';
import { PolicyCaps } from './policy-caps.js';
import { exactPattern } from './policy.js';

const { spec } = queueSettings('email.new', { maxLength: 100 }, 'quorum');
const seen: string[] = [];
let answer: (method: string) => { readonly status: number; readonly body?: string } | undefined;
let server: Server;
let address: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`.trim());
      const said = answer(request.method ?? '');
      if (said) response.writeHead(said.status).end(said.body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen.length = 0;
  answer = (method) => (method === 'GET' ? { status: 200, body: '[]' } : { status: 204 });
});

const clock = new ManualClock();

function caps(managementUrl: string | undefined = `http://admin:s3cret@${address}`): PolicyCaps {
  const settings = { app: 'shop', urls: ['amqp://broker/a%2Fb'], managementUrl };
  return new PolicyCaps(settings as unknown as RabbitMqSettings, clock);
}

/** Text of the error; never with the password. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = (await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as { readonly code: string; readonly message: string };
  expect(error.message).not.toContain('s3cret');
  return `${error.code}: ${error.message}`;
}

describe('limits by policies', () => {
  it('are written for the queue and for its dead letters, and nothing else', async () => {
    await caps().change(spec, { maxLength: 5, deadLetterMaxLength: 7 });
    const rest = (queue: string, definition: string) =>
      `/api/policies/a%2Fb/${queue} ${JSON.stringify({ pattern: exactPattern(queue), 'apply-to': 'queues', priority: 10, definition: JSON.parse(definition) as unknown })}`;
    expect(seen).toEqual([
      'GET /api/policies/a%2Fb',
      `PUT ${rest('shop.q.email.new', '{"max-length":5}')}`,
      `PUT ${rest('shop.dead.email.new', '{"max-length":7}')}`,
    ]);
  });

  it('are read from the policies, and taken away with them', async () => {
    const name = 'shop.q.email.new';
    const policy = { vhost: 'a/b', name, pattern: exactPattern(name), 'apply-to': 'queues', priority: 10 };
    const body = JSON.stringify([{ ...policy, definition: { 'max-length': 5, overflow: 'drop-head' } }]);
    answer = (method) => (method === 'GET' ? { status: 200, body } : { status: 404 });
    expect(await caps().read('email.new')).toEqual({ maxLength: 5, overflow: 'drop-oldest' });
    expect(await caps().read('email')).toEqual({});
    seen.length = 0;
    await caps().change(spec, { maxLength: undefined, overflow: undefined });
    // One that went meanwhile is as wanted.
    expect(seen.at(-1)).toBe(`DELETE /api/policies/a%2Fb/${name}`);
  });

  it.each([
    [{ status: 401, body: '{}' }, /is refused \(401\): the user needs the tag policymaker/],
    [
      { status: 400, body: '{"error":"bad_request","reason":"Validation failed\\n"}' },
      /answers 400 Validation failed\./,
    ],
    [{ status: 200, body: '<html>' }, /does not answer as RabbitMQ does/],
    [{ status: 200, body: '[{"name":1}]' }, /does not answer as RabbitMQ does/],
  ])('that are answered %o are told so', async (said, why) => {
    answer = () => said;
    const text = await refusal(caps().change(spec, { maxLength: 5 }));
    expect(text).toMatch(/^WARREN_MANAGEMENT_FAILED: /);
    expect(text).toMatch(why);
    expect(await refusal(caps().read('email'))).toMatch(why);
  });

  it('end when nobody answers, or nobody is there', async () => {
    answer = () => undefined;
    const asked = refusal(caps().read('email'));
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(10_000);
    expect(await asked).toMatch(/did not answer in 10 s/);
    expect(clock.pendingTimers).toBe(0);
    expect(await refusal(caps('http://admin:s3cret@127.0.0.1:1').read('email'))).toMatch(/does not answer: /);
  });

  it('that another policy stands against change nothing, of either queue', async () => {
    const other = {
      name: 'all',
      pattern: 'dead',
      'apply-to': 'all',
      priority: 0,
      definition: { 'max-length': 2 },
    };
    answer = () => ({ status: 200, body: JSON.stringify([other]) });
    expect(await refusal(caps().change(spec, { maxLength: 5, deadLetterMaxLength: 7 }))).toMatch(
      /^WARREN_QUEUE_FIXED: Queue 'email\.new' keeps its limits\. The policy 'all' stands in the way/,
    );
    expect(seen).toEqual(['GET /api/policies/a%2Fb']);
  });

  it('are the commands to run where the management API is not given', async () => {
    const settings = { app: 'shop', urls: ['amqp://broker/a%2Fb'], managementUrl: undefined };
    const blind = new PolicyCaps(settings as unknown as RabbitMqSettings, clock);
    expect(await blind.read('email')).toEqual({});
    expect(await refusal(blind.change(spec, { maxLength: 5 }))).toContain(
      String.raw`run: rabbitmqctl set_policy -p 'a/b' --priority 10 --apply-to queues 'shop.q.email.new' '^shop\.q\.email\.new$' '{"max-length":5}'.`,
    );
    expect(await refusal(blind.change(spec, { deadLetterTtlMs: undefined }))).toContain(
      `run: rabbitmqctl clear_policy -p 'a/b' 'shop.dead.email.new'.`,
    );
  });
});
