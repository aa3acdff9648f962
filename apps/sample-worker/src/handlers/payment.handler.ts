import { Injectable } from '@nestjs/common';
import { Ctx, JobContext, JobHandler, NonRetryableJobError, Payload, exponential } from 'nestjs-warren';
import { ShopConfig } from '../config.js';
import { PaymentCharge, type Charge } from '../contract/jobs.js';
import { Payment } from '../contract/payloads.js';

/**
 * Charges orders at the gateway. A job may run twice (a crash between the charge and its ack), so the job's id goes
 * along as the key by which the gateway recognises a repetition.
 */
@Injectable()
export class PaymentHandler {
  constructor(private readonly config: ShopConfig) {}

  @JobHandler(PaymentCharge, { backoff: exponential({ from: '200ms', to: '2s' }) })
  async charge(@Payload() payment: Payment, @Ctx() job: JobContext): Promise<Charge> {
    const { gatewayUrl } = this.config;
    if (gatewayUrl === undefined) {
      job.logger.warn(`GATEWAY_URL is not set: order ${payment.orderId} is not charged.`);
      return { chargeId: undefined };
    }
    const response = await fetch(new URL('/charges', gatewayUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': job.id },
      body: JSON.stringify(payment),
      signal: job.signal,
    });
    const answer = await response.text();
    if (response.ok) return { chargeId: (JSON.parse(answer) as { id: string }).id };
    const problem = `The gateway answered ${response.status} for order ${payment.orderId}`;
    // A refusal stays one, however often it is asked; anything else may pass.
    if (response.status === 402 || response.status === 422) throw new NonRetryableJobError(problem);
    throw new Error(problem);
  }
}
