import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { ShopConfig } from './config.js';

export interface BookedOrder {
  readonly orderId: string;
  /** ISO 8601. */
  readonly placedAt: string;
  readonly amountCents: number;
  /** Charged when the customer pays, not when the order is placed. */
  readonly payLater: boolean;
}

/**
 * Stands for the shop's database: one line of JSON per order, in a file that API and worker share. An order that is
 * booked twice counts once.
 */
@Injectable()
export class OrderBook {
  private readonly file: string;

  constructor(private readonly config: ShopConfig) {
    this.file = join(config.outputDir, 'orders.jsonl');
  }

  async add(order: BookedOrder): Promise<void> {
    await mkdir(this.config.outputDir, { recursive: true });
    await appendFile(this.file, `${JSON.stringify(order)}\n`);
  }

  async find(orderId: string): Promise<BookedOrder | undefined> {
    return (await this.read()).get(orderId);
  }

  /** @param period a month (`2026-03`) or a day (`2026-03-14`) */
  async placedIn(period: string): Promise<BookedOrder[]> {
    const orders = await this.read();
    return [...orders.values()].filter(({ placedAt }) => placedAt.startsWith(period));
  }

  private async read(): Promise<Map<string, BookedOrder>> {
    const text = await readFile(this.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const orders = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as BookedOrder);
    return new Map(orders.map((order) => [order.orderId, order]));
  }
}
