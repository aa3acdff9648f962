import { defineJob, exponential } from 'nestjs-warren';
import { Email, Invoice, NewsletterIssue, OrderNotice, Payment } from './payloads.js';

/** The shop's job types: the contract between who enqueues (the API) and who runs (the worker). */

export interface EmailReceipt {
  readonly messageId: string;
}

export interface Charge {
  /** The gateway's own id, or undefined when the shop runs without a gateway. */
  readonly chargeId: string | undefined;
}

export interface RenderedInvoice {
  /** Name below the output folder. */
  readonly file: string;
  readonly sizeBytes: number;
}

export interface NoticeReceipt {
  readonly status: number;
}

export const EmailNew = defineJob<EmailReceipt>()('email:new', {
  payload: Email,
  attempts: 8,
  timeout: '30s',
  backoff: exponential({ from: '1s', to: '10m' }),
});

/** Enqueued with a delay for an order that is paid later; cancelled by its id when nobody needs it any more. */
export const EmailReminder = defineJob<EmailReceipt>()('email:reminder', {
  payload: Email,
  attempts: 3,
  timeout: '30s',
});

/**
 * One mail of an issue, among the other mails and behind all of them: enqueue it with a low priority. The queue's rate
 * limit paces each list, over all workers.
 */
export const NewsletterMail = defineJob<EmailReceipt>()('newsletter:mail', {
  payload: NewsletterIssue,
  queue: 'email',
  attempts: 5,
  timeout: '30s',
});

export const PaymentCharge = defineJob<Charge>()('payment:charge', {
  payload: Payment,
  attempts: 6,
  timeout: '15s',
});

export const InvoicePdf = defineJob<RenderedInvoice>()('invoice:pdf', {
  payload: Invoice,
  attempts: 3,
  timeout: '1m',
});

export const WebhookDeliver = defineJob<NoticeReceipt>()('webhook:deliver', {
  payload: OrderNotice,
  attempts: 12,
  timeout: '10s',
  backoff: exponential({ from: '5s', to: '1h' }),
});
