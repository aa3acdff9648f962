import { randomBytes } from 'node:crypto';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { JobQueue, type BulkEntry } from 'nestjs-warren';
import {
  EmailNew,
  InvoicePdf,
  PaymentCharge,
  WebhookDeliver,
} from '../../sample-worker/src/contract/jobs.js';
import { formatCents, totalCents } from '../../sample-worker/src/contract/payloads.js';
import { OrderBook } from '../../sample-worker/src/order-book.js';
import { accepted, type Accepted } from './accepted.js';
import { OrderRequest } from './requests.js';

@Controller('orders')
export class OrdersController {
  constructor(
    private readonly jobs: JobQueue,
    private readonly orders: OrderBook,
  ) {}

  @Post()
  @HttpCode(202)
  async order(@Body() order: OrderRequest): Promise<Accepted & { readonly orderId: string }> {
    const orderId = order.orderId ?? `order-${randomBytes(6).toString('hex')}`;
    const placedAt = order.placedAt ?? new Date().toISOString();
    const amountCents = totalCents(order.items);
    await this.orders.add({ orderId, placedAt, amountCents });
    const refs = await this.jobs.enqueueMany(jobsOf({ ...order, orderId, placedAt }, amountCents));
    return { orderId, ...accepted(refs) };
  }
}

/** Everything that an order sets in motion. */
function jobsOf(
  order: OrderRequest & { readonly orderId: string; readonly placedAt: string },
  amountCents: number,
): BulkEntry[] {
  const { orderId, email, customer, placedAt, items, webhook } = order;
  const jobs: BulkEntry[] = [
    { job: PaymentCharge, payload: { orderId, amountCents } },
    { job: InvoicePdf, payload: { orderId, customer, email, placedAt, lines: items } },
    {
      job: EmailNew,
      payload: {
        to: email,
        subject: `Your order ${orderId}`,
        text: `Hello ${customer},\n\nwe have your order ${orderId} over ${formatCents(amountCents)}.\n\nThe shop\n`,
      },
    },
  ];
  if (webhook !== undefined) {
    jobs.push({ job: WebhookDeliver, payload: { url: webhook, orderId, amountCents } });
  }
  return jobs;
}
