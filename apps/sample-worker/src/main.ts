import 'reflect-metadata';
import { bootstrapWorker } from 'nestjs-warren';
import { ShopConfig } from './config.js';
import { startTracing } from './telemetry.js';
import { WorkerModule } from './worker.module.js';

const config = new ShopConfig(process.env);
if (config.rabbitmqUrl === undefined) {
  throw new Error(
    'The worker needs RABBITMQ_URL, e.g. amqp://guest:guest@127.0.0.1:5672. Without a broker, start the API alone: it runs the jobs itself.',
  );
}
await startTracing(config);
await bootstrapWorker(WorkerModule.register(config));
