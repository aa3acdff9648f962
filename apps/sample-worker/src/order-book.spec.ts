import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ShopConfig } from './config.js';
import { OrderBook } from './order-book.js';

describe('the order book', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'order-book-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  function openBook(): OrderBook {
    return new OrderBook(new ShopConfig({ SHOP_OUTPUT: join(folder, 'shop') }));
  }

  it('shows another process the orders of a month, and of a day', async () => {
    const order = { orderId: 'a', placedAt: '2026-08-31T23:59:59Z', amountCents: 100, payLater: false };
    await openBook().add(order);
    await openBook().add({ ...order, orderId: 'b', placedAt: '2026-09-01T00:00:00Z' });
    expect(await openBook().placedIn('2026-08')).toEqual([order]);
    expect(await openBook().placedIn('2026-08-31')).toEqual([order]);
    expect(await openBook().placedIn('2026-08-30')).toEqual([]);
  });

  it('counts an order once that was booked twice', async () => {
    const order = { orderId: 'a', placedAt: '2026-08-01T10:00:00Z', amountCents: 100, payLater: false };
    const book = openBook();
    await book.add(order);
    await book.add(order);
    expect(await book.placedIn('2026-08')).toEqual([order]);
  });

  it('is empty before the first order', async () => {
    expect(await openBook().placedIn('2026-08')).toEqual([]);
  });
});
