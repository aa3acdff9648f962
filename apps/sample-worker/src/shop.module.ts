import { Module, type DynamicModule } from '@nestjs/common';
import { ShopConfig } from './config.js';
import { Ledger } from './ledger.js';
import { OrderBook } from './order-book.js';
import { Output } from './output.js';
import { Reports } from './reports.js';

/** What API and worker both have: configuration, orders, output, reports. */
@Module({})
export class ShopModule {
  static register(config: ShopConfig): DynamicModule {
    const shared = [{ provide: ShopConfig, useValue: config }, OrderBook, Output, Reports];
    return { module: ShopModule, global: true, providers: [...shared, Ledger], exports: shared };
  }
}
