import type { Probes } from '../probes.js';
import { TelemetryServer } from './server.js';

const registry = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  metrics: async () => 'metric 1\n',
  getSingleMetric: () => undefined,
  removeSingleMetric: () => undefined,
};
const probes = {
  live: () => ({ isOk: true, connections: {} }),
  ready: () => ({ isOk: false, connections: { default: 'drains: it takes no new jobs' } }),
  started: () => ({ isOk: true, connections: { default: 'ok' } }),
} as unknown as Probes;

const servers: TelemetryServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function listening(parts: Partial<ConstructorParameters<typeof TelemetryServer>[0]> = {}) {
  const server = new TelemetryServer({ port: 0, host: '127.0.0.1', probes, registry, ...parts });
  await server.listen();
  servers.push(server);
  return server;
}

it.each([
  ['/metrics', 200, 'metric 1\n'],
  ['/live', 200, '{"status":"ok","connections":{}}\n'],
  ['/ready', 503, '{"status":"unavailable","connections":{"default":"drains: it takes no new jobs"}}\n'],
  ['/started?verbose', 200, '{"status":"ok","connections":{"default":"ok"}}\n'],
  ['/', 404, 'Here are /metrics, /live, /ready and /started.\n'],
])('%s answers %i', async (path, status, body) => {
  const { url } = await listening();
  const response = await fetch(`${url}${path}`);
  expect({ status: response.status, body: await response.text() }).toEqual({ status, body });
});

it('answers HEAD without a body, and refuses to change anything', async () => {
  const { url } = await listening();
  const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
    200,
    registry.contentType,
    '',
  ]);
  expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
});

it('without metrics, or with some that cannot be read, says so and lives on', async () => {
  const without = await listening({ registry: undefined });
  expect((await fetch(`${without.url}/metrics`)).status).toBe(404);
  const broken = { ...registry, metrics: () => Promise.reject(new Error('a collector failed')) };
  const { url } = await listening({ registry: broken });
  const response = await fetch(`${url}/metrics`);
  expect([response.status, await response.text()]).toEqual([
    500,
    'The metrics could not be read: a collector failed\n',
  ]);
  expect((await fetch(`${url}/live`)).status).toBe(200);
});

it('a port that is taken is an error that says what to do', async () => {
  const first = await listening();
  const { port } = new URL(first.url);
  await expect(listening({ port: Number(port) })).rejects.toThrow(
    new RegExp(`cannot listen on port ${port} of 127\\.0\\.0\\.1 \\(EADDRINUSE\\)`),
  );
});

it('closes although a scraper keeps its connection', async () => {
  const server = await listening();
  const { url } = server;
  await fetch(`${url}/live`, { headers: { connection: 'keep-alive' } });
  await server.close();
  servers.pop();
  await expect(fetch(`${url}/live`)).rejects.toThrow();
});
