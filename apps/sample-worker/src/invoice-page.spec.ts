import 'reflect-metadata';
import { drawInvoice } from './invoice-page.js';

const invoice = {
  orderId: 'order-0001',
  customer: 'Ada',
  email: 'ada@example.com',
  placedAt: '2026-08-01T12:03:24Z',
  lines: [
    { product: 'Fountain pen', quantity: 2, unitCents: 2490 },
    { product: 'Desk lamp', quantity: 1, unitCents: 3200 },
  ],
};

describe('an invoice', () => {
  it('is a whole PDF, and says after each line how far it is', async () => {
    const told: Array<readonly [number, number]> = [];
    const pdf = await drawInvoice(invoice, (done, total) => told.push([done, total]));
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.subarray(-7).toString()).toContain('%%EOF');
    expect(pdf.includes('Invoice order-0001')).toBe(true);
    expect(told).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });
});
