import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Enqueue, type EnqueueFn } from 'nestjs-warren';
import { EmailNew } from '../../sample-worker/src/contract/jobs.js';
import { accepted, type Accepted } from './accepted.js';
import { SignupRequest } from './requests.js';

@Controller('signup')
export class SignupController {
  /** A property that enqueues: typed by the definition, without a body of its own. */
  @Enqueue(EmailNew)
  private readonly sendEmail!: EnqueueFn<typeof EmailNew>;

  @Post()
  @HttpCode(202)
  async signup(@Body() { email, name }: SignupRequest): Promise<Accepted> {
    const job = await this.sendEmail({
      to: email,
      subject: `Welcome, ${name}`,
      text: `Hello ${name},\n\nthank you for signing up. We are glad that you are here.\n\nThe shop\n`,
    });
    return accepted([job]);
  }
}
