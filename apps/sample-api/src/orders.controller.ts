import { randomBytes } from 'node:crypto';
import {
  Body,
  ConflictException,
  Controller,
  HttpCode,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import { JobQueue, type BulkEntry } from 'nestjs-warren';
import { ShopConfig } from '../../sample-worker/src/config.js';
import {
  EmailNew,
  EmailReminder,
  InvoicePdf,
  PaymentCharge,
  WebhookDeliver,
} from '../../sample-worker/src/contract/jobs.js';
import { formatCents, totalCents, type Email } from '../../sample-worker/src/contract/payloads.js';
import { OrderBook } from '../../sample-worker/src/order-book.js';
import { accepted, type Accepted } from './accepted.js';
import { OrderRequest } from './requests.js';

@Controller('orders')
export class OrdersController {
  constructor(
    private readonly jobs: JobQueue,
    private readonly orders: OrderBook,
    private readonly config: ShopConfig,
  ) {}

  @Post()
  @HttpCode(202)
  async order(@Body() order: OrderRequest): Promise<Accepted & { readonly orderId: string }> {
    const orderId = order.orderId ?? `order-${randomBytes(6).toString('hex')}`;
    const placedAt = order.placedAt ?? new Date().toISOString();
    const amountCents = totalCents(order.items);
    const payLater = order.payLater ?? false;
    await this.orders.add({ orderId, placedAt, amountCents, payLater });
    const { reminderDelay } = this.config;
    const refs = await this.jobs.enqueueMany([
      payLater
        ? { job: EmailReminder, payload: reminder(orderId, order), options: { delay: reminderDelay } }
        : { job: PaymentCharge, payload: { orderId, amountCents } },
      ...jobsOf({ ...order, orderId, placedAt }, amountCents),
    ]);
    return { orderId, ...accepted(refs) };
  }

  /**
   * A double click charges once: a day long, every click is answered with the job of the first, whatever became of it;
   * `jobs.retry(id)` tries one again that failed. While the store is away, nobody is charged rather than twice: 503.
   */
  @Post(':orderId/pay')
  @HttpCode(202)
  async pay(@Param('orderId') orderId: string): Promise<Accepted & { readonly deduplicated: boolean }> {
    const order = await this.orders.find(orderId);
    if (!order) throw new NotFoundException(`There is no order ${orderId}.`);
    if (!order.payLater) throw new ConflictException(`Order ${orderId} is charged since it was placed.`);
    const job = await this.jobs.enqueue(
      PaymentCharge,
      { orderId, amountCents: order.amountCents },
      { unique: { key: orderId, until: '1d', onStoreDown: 'throw' } },
    );
    return { ...accepted([job]), deduplicated: job.deduplicated };
  }
}

function reminder(orderId: string, { email, customer }: OrderRequest): Email {
  const text = `Hello ${customer},\n\nyour order ${orderId} is not paid yet.\n\nThe shop\n`;
  return { to: email, subject: `Please pay ${orderId}`, text };
}

/** What every order sets in motion, paid or not. */
function jobsOf(
  order: OrderRequest & { readonly orderId: string; readonly placedAt: string },
  amountCents: number,
): BulkEntry[] {
  const { orderId, email, customer, placedAt, items, webhook } = order;
  const jobs: BulkEntry[] = [
    { job: InvoicePdf, payload: { orderId, customer, email, placedAt, lines: items } },
    {
      job: EmailNew,
      payload: {
        to: email,
        subject: `Your order ${orderId}`,
        text: `Hello ${customer},\n\nwe have your order ${orderId} over ${formatCents(amountCents)}.\n\nThe shop\n`,
      },
      // Somebody waits for it.
      options: { priority: 'high' },
    },
  ];
  if (webhook !== undefined) {
    jobs.push({ job: WebhookDeliver, payload: { url: webhook, orderId, amountCents } });
  }
  return jobs;
}
