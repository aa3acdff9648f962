import { signalsContract } from '../../libs/core/src/testing/contract/index.js';
import { RabbitMqApp } from '../support/rabbitmq-app.js';

signalsContract('RabbitMQ', async () => {
  const app = new RabbitMqApp('signals');
  return { broker: await app.connect(), connect: () => app.connect(), dispose: () => app.dispose() };
});
