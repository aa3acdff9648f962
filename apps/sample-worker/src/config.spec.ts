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

  it('refuses a delay of reminders that is none', () => {
    expect(() => new ShopConfig({ SHOP_REMINDER_DELAY: 'soon' })).toThrow(
      "SHOP_REMINDER_DELAY: 'soon' is no duration. Give a whole number with a unit: 90s, 30m, 12h, 1d.",
    );
  });
});
