import { Injectable } from '@nestjs/common';
import { Payload, Scheduled, type Occurrence } from 'nestjs-warren';
import { Day } from '../contract/payloads.js';
import { OrderBook } from '../order-book.js';
import { Output } from '../output.js';

const DAY_MS = 86_400_000;

/** The orders of the day before, each night; one report, however many workers there are. */
@Injectable()
export class NightlyHandler {
  constructor(
    private readonly orders: OrderBook,
    private readonly output: Output,
  ) {}

  @Scheduled('30 2 * * *', {
    name: 'nightly-report',
    job: 'report:nightly',
    // The day belongs to the occurrence, not to the moment in which a worker comes to run it.
    payload: ({ at }: Occurrence): Day => ({
      day: new Date(at.getTime() - DAY_MS).toISOString().slice(0, 10),
    }),
    overlap: 'skip',
    deadline: '20h',
  })
  async report(@Payload() { day }: Day): Promise<unknown> {
    const orders = await this.orders.placedIn(day);
    const report = {
      day,
      orders: orders.length,
      amountCents: orders.reduce((sum, { amountCents }) => sum + amountCents, 0),
    };
    await this.output.write(`reports/${day}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
    return report;
  }
}
