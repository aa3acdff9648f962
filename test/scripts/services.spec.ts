import { freePort } from '../support/free-port.js';
import { run } from '../support/processes.js';

/** The script behind `npm test`, in a process of its own: what it finds depends on the environment. */

const PROGRAM = `
  import { findOrStartServices } from './scripts/services.mjs';
  import { probeRedis } from './scripts/services/probe.mjs';
  import { startRedis } from './scripts/services/redis.mjs';
  const answer = await (async () => { BODY })().catch((error) => ({ error: error.message }));
  console.log(JSON.stringify(answer));
`;

async function evaluate(body: string, env: Record<string, string>): Promise<Record<string, unknown>> {
  const args = ['--input-type=module', '--eval', PROGRAM.replace('BODY', body)];
  const { stdout, stderr } = await run(process.execPath, args, { env });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('the services of the tests', () => {
  it('are those of the environment when it names them', async () => {
    const { REDIS_URL = '', RABBITMQ_URL = '' } = process.env;
    const body = 'return await findOrStartServices({ rabbitmq: true, redis: true })';
    expect(await evaluate(body, { REDIS_URL, RABBITMQ_URL })).toEqual({
      rabbitmqUrl: RABBITMQ_URL,
      redisUrl: REDIS_URL,
      how: 'RabbitMQ of RABBITMQ_URL, Redis of REDIS_URL',
    });
  });

  it('are not replaced in silence when the environment names one that cannot be used', async () => {
    const body = 'return await findOrStartServices({ rabbitmq: true })';
    const { error } = await evaluate(body, { RABBITMQ_URL: 'amqp://shop:secret@127.0.0.1:1' });
    expect(error).toMatch(/^RABBITMQ_URL is set, but no RabbitMQ can be used there: .*ECONNREFUSED/);
    expect(error).not.toContain('secret');
  });

  it('end with what started them', async () => {
    const body = `
      const { service, problem } = await startRedis(() => {});
      if (!service) return { problem };
      const whileRunning = await probeRedis(service.url) ?? 'usable';
      await service.stop();
      return { whileRunning, afterwards: await probeRedis(service.url) };
    `;
    const answer = await evaluate(body, {});
    if (answer.problem !== undefined) expect(answer.problem).toContain('there is none');
    else {
      expect(answer.whileRunning).toBe('usable');
      expect(answer.afterwards).toContain('ECONNREFUSED');
    }
  });
});

describe('a port of a server that tests start', () => {
  it('is none that an outgoing connection may take while the server is down', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    // Linux gives them from 32,768 on, others from 49,152; a cluster's bus is 10,000 above.
    expect(Math.max(...ports) + 10_000).toBeLessThan(32_768);
    expect(Math.min(...ports)).toBeGreaterThan(1_023);
  });
});
