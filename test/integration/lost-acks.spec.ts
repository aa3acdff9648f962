import { RabbitMqApp } from '../support/rabbitmq-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** An ack that went out and did not arrive: its job comes again, to a process that knows how it ended. */

const rabbit = new RabbitMqApp('lost-acks');
let proxy: TcpProxy;
let release: () => void;
let released: Promise<void>;

beforeEach(async () => {
  rabbit.owns('work');
  proxy = await TcpProxy.start(rabbit.url);
  released = new Promise((resolve) => (release = resolve));
});
afterEach(() => proxy.refuse());
afterAll(() => rabbit.dispose());

it('runs a job once although its ack was lost on the way', async () => {
  const ran: string[] = [];
  const run = async (_payload: unknown, { id }: { readonly id: string }): Promise<void> => {
    ran.push(id);
    if (id === 'first') await released;
  };
  const producer = await rabbit.startWarren([], { worker: false });
  const worker = await rabbit.startWarren([{ type: 'work:job', run }], {
    url: proxy.url,
    worker: { concurrency: 1 },
  });
  await producer.warren.jobs.enqueue('work:job', null, { id: 'first' });
  await until(() => ran.length === 1, 'the job runs');

  proxy.muffle();
  release();
  await worker.recorder.next('completed');
  proxy.cut();
  await producer.warren.jobs.enqueue('work:job', null, { id: 'second' });
  await until(() => worker.recorder.all('completed').length === 2, 'the job behind it ends');

  // It came again before the second: concurrency is one.
  expect(ran).toEqual(['first', 'second']);
  expect(worker.recorder.all('completed').map(({ jobId }) => jobId)).toEqual(['first', 'second']);
  await worker.warren.close();
  expect(await rabbit.count(rabbit.names.queue('work'))).toBe(0);
});
