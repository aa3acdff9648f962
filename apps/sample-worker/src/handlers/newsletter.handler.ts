import { Injectable } from '@nestjs/common';
import { Ctx, JobContext, JobHandler, Payload } from 'nestjs-warren';
import { NewsletterMail, type EmailReceipt } from '../contract/jobs.js';
import { NewsletterIssue } from '../contract/payloads.js';
import { Mailer } from '../mailer.js';

/** "Too many for now", as mail servers say it. */
const LATER = new Set([421, 450, 451, 452]);

/** A server that has had enough is left alone for a while by all workers, and no attempt is spent on it. */
@Injectable()
export class NewsletterHandler {
  constructor(private readonly mailer: Mailer) {}

  @JobHandler(NewsletterMail)
  async send(@Payload() email: NewsletterIssue, @Ctx() job: JobContext): Promise<EmailReceipt> {
    try {
      return { messageId: await this.mailer.send(email, job.id) };
    } catch (cause) {
      const { responseCode = 0 } = cause as { readonly responseCode?: number };
      if (LATER.has(responseCode)) throw job.rateLimited('30s', { holdRate: true, cause });
      throw cause;
    }
  }
}
