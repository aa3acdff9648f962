import { RedisJobStore } from 'nestjs-warren-redis';
import { ShopConfig, jobsOptions } from './config.js';

describe('the configuration of the shop', () => {
  it('takes an empty variable as one that is not set', () => {
    const config = new ShopConfig({ RABBITMQ_URL: '', REDIS_URL: '', SMTP_URL: ' ', SHOP_APP: '' });
    expect(config).toMatchObject({
      rabbitmqUrl: undefined,
      redisUrl: undefined,
      smtpUrl: undefined,
      app: 'shop',
      reminderDelay: '1d',
    });
  });

  it('serves metrics at an address, and refuses what is none', () => {
    expect(new ShopConfig({}).telemetry).toBeUndefined();
    const at = (address: string) => new ShopConfig({ SHOP_TELEMETRY: address }).telemetry;
    expect(at('0.0.0.0:9464')).toEqual({ host: '0.0.0.0', port: 9464 });
    expect(at('::1:9464')).toEqual({ host: '::1', port: 9464 });
    for (const wrong of ['9464', ':9464', 'host:70000', 'host:'])
      expect(() => at(wrong)).toThrow('SHOP_TELEMETRY');
  });

  it('lets only a process that runs jobs be a worker', () => {
    const config = new ShopConfig({ RABBITMQ_URL: 'amqp://127.0.0.1' });
    expect(jobsOptions(config, { runsJobs: false }).worker).toBe(false);
    expect(jobsOptions(config, { runsJobs: true }).worker).toMatchObject({ concurrency: 10 });
  });

  it('remembers jobs in Redis in each process, where there is one', () => {
    const config = new ShopConfig({ RABBITMQ_URL: 'amqp://127.0.0.1', REDIS_URL: 'redis://127.0.0.1' });
    expect(jobsOptions(config, { runsJobs: false }).store).toBeInstanceOf(RedisJobStore);
    expect(jobsOptions(config, { runsJobs: true }).store).toBeInstanceOf(RedisJobStore);
    expect(jobsOptions(new ShopConfig({}), { runsJobs: true }).store).toBeUndefined();
  });

  it('makes the nightly report where jobs are remembered, unless that is switched off', () => {
    const schedulesOf = (environment: Record<string, string>) =>
      jobsOptions(new ShopConfig(environment), { runsJobs: true }).schedules;
    expect(schedulesOf({})).toEqual({});
    expect(schedulesOf({ RABBITMQ_URL: 'amqp://127.0.0.1', REDIS_URL: 'redis://127.0.0.1' })).toEqual({});
    expect(schedulesOf({ RABBITMQ_URL: 'amqp://127.0.0.1' })).toBe(false);
    expect(schedulesOf({ SHOP_SCHEDULES: 'off' })).toBe(false);
  });

  it('limits newsletters and invoices where the workers can agree on it', () => {
    const alone = new ShopConfig({});
    const forgetful = new ShopConfig({ RABBITMQ_URL: 'amqp://127.0.0.1' });
    expect(jobsOptions(alone, { runsJobs: true }).queues).toMatchObject({
      email: { rateLimit: { max: 20, per: '1s' } },
      invoice: { concurrency: { limit: 2 } },
    });
    expect(jobsOptions(forgetful, { runsJobs: true }).queues).toEqual({ email: { priorities: 3 } });
  });

  it('has the same levels of mails in each process, remembered or not', () => {
    for (const environment of [{}, { RABBITMQ_URL: 'amqp://127.0.0.1' }]) {
      for (const runsJobs of [true, false]) {
        const { queues } = jobsOptions(new ShopConfig(environment), { runsJobs });
        expect(queues).toMatchObject({ email: { priorities: 3 } });
      }
    }
  });

  it('refuses a delay of reminders that is none', () => {
    expect(() => new ShopConfig({ SHOP_REMINDER_DELAY: 'soon' })).toThrow(
      "SHOP_REMINDER_DELAY: 'soon' is no duration. Give a whole number with a unit: 90s, 30m, 12h, 1d.",
    );
  });
});
