import { ShopConfig, jobsOptions } from './config.js';

describe('the configuration of the shop', () => {
  it('takes an empty variable as one that is not set', () => {
    const config = new ShopConfig({ RABBITMQ_URL: '', SMTP_URL: ' ', SHOP_APP: '' });
    expect(config).toMatchObject({ rabbitmqUrl: undefined, smtpUrl: undefined, app: 'shop' });
  });

  it('lets only a process that runs jobs be a worker', () => {
    const config = new ShopConfig({ RABBITMQ_URL: 'amqp://127.0.0.1' });
    expect(jobsOptions(config, { runsJobs: false }).worker).toBe(false);
    expect(jobsOptions(config, { runsJobs: true }).worker).toMatchObject({ concurrency: 10 });
  });
});
