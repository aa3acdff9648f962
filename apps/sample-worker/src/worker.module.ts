import { Module, type DynamicModule } from '@nestjs/common';
import { JobsModule } from 'nestjs-warren';
import { ShopConfig, jobsOptions } from './config.js';
import { EmailHandler } from './handlers/email.handler.js';
import { InvoiceHandler } from './handlers/invoice.handler.js';
import { NewsletterHandler } from './handlers/newsletter.handler.js';
import { NightlyHandler } from './handlers/nightly.handler.js';
import { PaymentHandler } from './handlers/payment.handler.js';
import { WebhookHandler } from './handlers/webhook.handler.js';
import { Mailer } from './mailer.js';
import { ShopModule } from './shop.module.js';
import { telemetryModules } from './telemetry.js';

/** What runs the shop's jobs. The API imports it too when there is no broker. */
@Module({
  providers: [
    Mailer,
    EmailHandler,
    InvoiceHandler,
    NewsletterHandler,
    NightlyHandler,
    PaymentHandler,
    WebhookHandler,
  ],
})
export class HandlersModule {}

/** The worker process. */
@Module({})
export class WorkerModule {
  static register(config: ShopConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        JobsModule.forRoot(jobsOptions(config, { runsJobs: true })),
        ShopModule.register(config),
        HandlersModule,
        ...telemetryModules(config),
      ],
    };
  }
}
