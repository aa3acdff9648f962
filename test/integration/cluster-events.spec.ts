import { jest } from '@jest/globals';
import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

const rabbit = new RabbitMqApp('cluster-events');
afterAll(() => rabbit.dispose());

const email = { type: 'email:new', run: () => ({ sent: true }) };

it('hears the events of a worker in an API, also after its connections were cut', async () => {
  rabbit.owns('email');
  const proxy = await TcpProxy.start(rabbit.url);
  const { warren: api } = await rabbit.startWarren([], { url: proxy.url, worker: false });
  const { warren: worker } = await rabbit.startWarren([email]);
  const heard: string[] = [];
  const stop = api.control.observe(({ kind, jobId }) => heard.push(`${kind} ${jobId}`));
  for (const round of [1, 2]) {
    if (round === 2) {
      proxy.cut();
      await until(() => api.status().state === 'connected', 'it is connected again');
    }
    await until(async () => {
      const { id } = await worker.jobs.enqueue('email:new', {});
      await until(() => heard.includes(`completed ${id}`), 'it is heard', 500).catch(() => undefined);
      return heard.includes(`completed ${id}`);
    }, `the events of a job are heard, round ${round}`);
  }
  stop();
  await proxy.refuse();
});

it('cancels a job that runs in another process', async () => {
  rabbit.owns('slow');
  let began = '';
  const slow = {
    type: 'slow:job',
    run: (_: unknown, job: { readonly id: string; readonly signal: AbortSignal }) => {
      began = job.id;
      return new Promise((_resolve, reject) => {
        job.signal.addEventListener('abort', () => reject(job.signal.reason as Error));
      });
    },
  };
  const { recorder } = await rabbit.startWarren([slow]);
  const { warren: api } = await rabbit.startWarren([], { worker: false });
  const { id } = await api.jobs.enqueue('slow:job', {});
  await until(() => began === id, 'it runs');
  api.control.askToStop(id, { reason: 'not needed', by: 'ada' });
  expect(await recorder.next('cancelled')).toMatchObject({ jobId: id, reason: 'not needed', by: 'ada' });
  await rabbit.untilCount(rabbit.names.queue('slow'), 0);
});
