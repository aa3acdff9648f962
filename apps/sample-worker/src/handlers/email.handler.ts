import { Injectable } from '@nestjs/common';
import { Ctx, JobContext, JobHandler, Payload } from 'nestjs-warren';
import { EmailNew, EmailReminder, type EmailReceipt } from '../contract/jobs.js';
import { Email } from '../contract/payloads.js';
import { Mailer } from '../mailer.js';

@Injectable()
export class EmailHandler {
  constructor(private readonly mailer: Mailer) {}

  @JobHandler(EmailNew)
  @JobHandler(EmailReminder)
  async send(@Payload() email: Email, @Ctx() job: JobContext): Promise<EmailReceipt> {
    return { messageId: await this.mailer.send(email, job.id) };
  }
}
