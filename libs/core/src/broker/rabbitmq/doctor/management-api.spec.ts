import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ManagementApi } from './management-api.js';
import { askManagement } from './management-facts.js';

const seen: Array<{ readonly path: string; readonly user: string }> = [];
let answer: (path: string) => { readonly status: number; readonly body: string } | undefined;
let server: Server;
let address: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    const [, token = ''] = (request.headers.authorization ?? '').split(' ');
    seen.push({ path, user: Buffer.from(token, 'base64').toString() });
    const said = answer(path);
    if (said) response.writeHead(said.status).end(said.body);
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
  answer = () => ({ status: 200, body: '[]' });
});

const api = (managementUrl: string, signal = new AbortController().signal) =>
  new ManagementApi(managementUrl, 'amqp://worker:p%40ss@broker/shop', signal);
const question = { vhost: 'a/b', app: 'shop', exchanges: [] };

describe('the management API', () => {
  it('is asked with its own user, else with that of the broker', async () => {
    await api(`http://${address}`).ask('/nodes', (json) => json);
    await api(`http://admin:s%3Acret@${address}/proxy/`).ask('/nodes', (json) => json);
    expect(seen).toEqual([
      { path: '/api/nodes', user: 'worker:p@ss' },
      { path: '/proxy/api/nodes', user: 'admin:s:cret' },
    ]);
  });

  it.each([
    [{ status: 401, body: '{}' }, /\/api\/nodes is refused \(401\)$/],
    [{ status: 500, body: '' }, /\/api\/nodes answers 500$/],
    [{ status: 200, body: '<html>' }, /does not answer as RabbitMQ does$/],
    [{ status: 200, body: '{"no":"list"}' }, /does not answer as RabbitMQ does$/],
  ])('that answers %o is told so, without a throw', async (said, why) => {
    answer = () => said;
    const { nodes } = await askManagement(api(`http://admin:secret@${address}`), question);
    expect(nodes).toEqual({ isKnown: false, why: expect.stringMatching(why) as string });
    expect(JSON.stringify(nodes)).not.toContain('secret');
  });

  it('that is silent is left at the limit, and not asked again', async () => {
    answer = () => undefined;
    const limit = new AbortController();
    const asked = api(`http://${address}`, limit.signal);
    const facts = askManagement(asked, question);
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    limit.abort();
    const { nodes, queues } = await facts;
    expect(nodes).toEqual({ isKnown: false, why: `http://${address}/api did not answer in time` });
    expect(queues.isKnown).toBe(false);
    expect(seen).toHaveLength(1);
  });

  it('gives queues page by page, and knows policies only with statistics', async () => {
    const queue = (name: string, more = {}) => ({ name, arguments: { 'x-queue-type': 'quorum' }, ...more });
    answer = (path) => {
      if (!path.startsWith('/api/queues/a%2Fb?')) return { status: 200, body: '[]' };
      const page = Number(new URL(path, 'http://x').searchParams.get('page'));
      const items = [
        [queue('shop.q.a'), queue('shop.q.b', { messages: 0 })],
        [queue('shop.q.c', { messages: 0, policy: 'p', effective_policy_definition: { expires: 1 } })],
      ][page - 1];
      return { status: 200, body: JSON.stringify({ items, page_count: 2 }) };
    };
    const { queues } = await askManagement(api(`http://${address}`), question);
    const found = queues.isKnown ? [...queues.value].map(([name, { definition }]) => [name, definition]) : [];
    expect(found).toEqual([
      ['shop.q.a', undefined],
      ['shop.q.b', {}],
      ['shop.q.c', { expires: 1 }],
    ]);
  });
});
