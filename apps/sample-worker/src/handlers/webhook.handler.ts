import { Injectable } from '@nestjs/common';
import { Ctx, JobContext, JobHandler, NonRetryableJobError, Payload } from 'nestjs-warren';
import { WebhookDeliver, type NoticeReceipt } from '../contract/jobs.js';
import { OrderNotice } from '../contract/payloads.js';

/** Tells other systems about orders. A target that is gone for good ends the job: it goes to the dead letters. */
@Injectable()
export class WebhookHandler {
  @JobHandler(WebhookDeliver)
  async deliver(@Payload() notice: OrderNotice, @Ctx() job: JobContext): Promise<NoticeReceipt> {
    const { url, orderId, amountCents } = notice;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-shop-delivery': job.id },
      body: JSON.stringify({ event: 'order.placed', orderId, amountCents }),
      signal: job.signal,
    });
    // An unread body would keep the connection from being used again.
    await response.arrayBuffer();
    if (response.ok) return { status: response.status };
    const problem = `The target answered ${response.status} for order ${orderId}`;
    if (response.status === 410) throw new NonRetryableJobError(problem);
    throw new Error(problem);
  }
}
