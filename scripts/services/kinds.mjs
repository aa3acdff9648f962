import { probeRabbitMq, probeRedis } from './probe.mjs';

export const SERVICES = {
  rabbitmq: {
    title: 'RabbitMQ',
    variable: 'RABBITMQ_URL',
    defaultUrl: 'amqp://guest:guest@127.0.0.1:5672',
    example: 'amqp://user:password@host:5672',
    packageName: 'rabbitmq-server',
    probe: probeRabbitMq,
  },
  redis: {
    title: 'Redis',
    variable: 'REDIS_URL',
    defaultUrl: 'redis://127.0.0.1:6379',
    example: 'redis://host:6379',
    packageName: 'redis-server',
    probe: probeRedis,
  },
};
