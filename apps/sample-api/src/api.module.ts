import { Module, type DynamicModule } from '@nestjs/common';
import { JobsModule } from 'nestjs-warren';
import { jobsOptions } from '../../sample-worker/src/config.js';
import { ShopModule } from '../../sample-worker/src/shop.module.js';
import { telemetryModules } from '../../sample-worker/src/telemetry.js';
import { HandlersModule } from '../../sample-worker/src/worker.module.js';
import type { ApiConfig } from './config.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { HealthController } from './health.controller.js';
import { JobsController } from './jobs.controller.js';
import { NewsletterController } from './newsletter.controller.js';
import { OrdersController } from './orders.controller.js';
import { ReportsController } from './reports.controller.js';
import { SignupController } from './signup.controller.js';

/** The API. With RabbitMQ it only enqueues; without, one process on one laptop is the whole shop. */
@Module({})
export class ApiModule {
  static register(config: ApiConfig): DynamicModule {
    const runsJobs = config.rabbitmqUrl === undefined;
    return {
      module: ApiModule,
      imports: [
        JobsModule.forRoot(jobsOptions(config, { runsJobs })),
        ShopModule.register(config),
        ...(runsJobs ? [HandlersModule] : []),
        ...telemetryModules(config),
      ],
      controllers: [
        SignupController,
        OrdersController,
        NewsletterController,
        ReportsController,
        JobsController,
        DeadLettersController,
        HealthController,
      ],
    };
  }
}
