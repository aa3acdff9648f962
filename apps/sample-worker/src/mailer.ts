import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { ShopConfig } from './config.js';
import type { Email } from './contract/payloads.js';

const FROM = 'The shop <orders@shop.example>';

/** Sends mail over SMTP; without SMTP_URL it only logs what it would send. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly logger = new Logger(Mailer.name);
  private readonly transport: Transporter | undefined;

  constructor(config: ShopConfig) {
    if (config.smtpUrl === undefined) {
      this.logger.warn('SMTP_URL is not set: mail is logged instead of sent.');
      return;
    }
    this.transport = createTransport({ url: config.smtpUrl, pool: true, maxConnections: 5 });
  }

  /** @param key the same for every try at one mail, so that a receiver can recognise a second copy */
  async send(email: Email, key: string): Promise<string> {
    const messageId = `<${key}@shop.example>`;
    if (!this.transport) {
      this.logger.log(`Not sent: '${email.subject}' to ${email.to}`);
      return messageId;
    }
    await this.transport.sendMail({ from: FROM, ...email, messageId });
    return messageId;
  }

  /** After the drain: until then a running job may send. */
  onApplicationShutdown(): void {
    this.transport?.close();
  }
}
