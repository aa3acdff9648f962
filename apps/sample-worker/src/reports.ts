import { Injectable } from '@nestjs/common';
import { Enqueue } from 'nestjs-warren';
import { OrderBook } from './order-book.js';
import { Output } from './output.js';

/** Reports over orders. Where a report is asked for, the call only enqueues; a worker runs the body. */
@Injectable()
export class Reports {
  constructor(
    private readonly orders: OrderBook,
    private readonly output: Output,
  ) {}

  /** @param month `2026-03` */
  @Enqueue('report:monthly')
  async monthly(month: string): Promise<unknown> {
    const orders = await this.orders.placedIn(month);
    const report = {
      month,
      orders: orders.length,
      amountCents: orders.reduce((sum, { amountCents }) => sum + amountCents, 0),
    };
    await this.output.write(`reports/${month}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
    return report;
  }
}
