import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { JobQueue } from 'nestjs-warren';
import { NewsletterMail } from '../../sample-worker/src/contract/jobs.js';
import { accepted, type Accepted } from './accepted.js';
import { NewsletterRequest } from './requests.js';

/**
 * A mail to each reader, all enqueued at once. The queue's rate limit decides how fast they leave, and the priority that
 * receipts do not wait for them.
 */
@Controller('newsletter')
export class NewsletterController {
  constructor(private readonly jobs: JobQueue) {}

  @Post()
  @HttpCode(202)
  async publish(@Body() { to, subject, text }: NewsletterRequest): Promise<Accepted> {
    const options = { priority: 'low' } as const;
    const mails = to.map((reader) => {
      return { job: NewsletterMail, payload: { to: reader, subject, text, list: 'readers' }, options };
    });
    return accepted(await this.jobs.enqueueMany(mails));
  }
}
