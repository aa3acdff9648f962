import { RabbitMqApp } from '../support/rabbitmq-app.js';

describe('a long job and many shutdowns', () => {
  const app = new RabbitMqApp('interrupted');
  afterAll(() => app.dispose());

  it('outlives more of them than its deliveryLimit, and spends no attempt', async () => {
    app.owns('email');
    const options = {
      queues: { email: { deliveryLimit: 1 } },
      worker: { shutdownTimeout: 50 },
      defaults: { attempts: 1 },
    };
    const seen: Array<readonly [attempt: number, redelivered: boolean]> = [];
    let isLast = false;
    const run = (_payload: unknown, job: { attempt: number; redelivered: boolean; signal: AbortSignal }) => {
      seen.push([job.attempt, job.redelivered]);
      if (isLast) return 'done';
      return new Promise((_resolve, reject) =>
        job.signal.addEventListener('abort', () => reject(job.signal.reason as Error)),
      );
    };
    for (let shutdown = 0; shutdown < 4; shutdown += 1) {
      const { warren, recorder } = await app.startWarren([{ type: 'email:new', run }], options);
      if (shutdown === 0) await warren.jobs.enqueue('email:new');
      await recorder.next('started');
      await warren.close();
      expect(recorder.all('interrupted')).toHaveLength(1);
    }
    isLast = true;
    const { recorder } = await app.startWarren([{ type: 'email:new', run }], options);
    expect(await recorder.next('completed')).toMatchObject({ attempt: 1, result: 'done' });
    expect(seen).toEqual(Array.from({ length: 5 }, () => [1, false]));
  });
});
