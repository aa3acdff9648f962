import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { fromRoot } from './paths.mjs';

/** The shipped orders, and all that must come out of them: the demo compares the shop's work with it. */

const FILE = 'apps/sample-api/data/orders.csv';

/** The host in the file whose owner has closed it: it answers 410 Gone. */
export const CLOSED_HOST = 'closed.example.com';

/** Every fifth payment fails once, every twentieth twice: by order, so that each run retries the same ones. */
export function failuresOfPayment(orderId) {
  const number = Number(orderId.replace(/\D/g, ''));
  if (number % 20 === 0) return 2;
  return number % 5 === 0 ? 1 : 0;
}

export async function readOrders() {
  const rows = parse(await readFile(fromRoot(FILE)), { columns: true, trim: true });
  return rows.map((row) => {
    const items = row.items.split(';').map(readItem);
    return {
      orderId: row.order_id,
      placedAt: row.placed_at,
      email: row.email,
      customer: row.customer,
      items,
      amountCents: items.reduce((sum, { quantity, unitCents }) => sum + quantity * unitCents, 0),
      webhook: row.webhook === '' ? undefined : new URL(row.webhook),
    };
  });
}

/** `2 x Fountain pen @ 24.90` */
function readItem(text) {
  const found = /^\s*(\d+) x (.+) @ (\d+)\.(\d\d)\s*$/.exec(text);
  if (!found) throw new Error(`${FILE}: '${text.trim()}' is no item such as '2 x Fountain pen @ 24.90'.`);
  const [, quantity, product, units, cents] = found;
  return { product, quantity: Number(quantity), unitCents: Number(units) * 100 + Number(cents) };
}

/** Who signs up: each customer once, in the order of their first orders. */
export function customersOf(orders) {
  return [...new Map(orders.map(({ email, customer }) => [email, { email, name: customer }])).values()];
}

/** What each month's report must say. */
export function reportsOf(orders) {
  const reports = new Map();
  for (const { placedAt, amountCents } of orders) {
    const month = placedAt.slice(0, 7);
    const report = reports.get(month) ?? { month, orders: 0, amountCents: 0 };
    report.orders += 1;
    report.amountCents += amountCents;
    reports.set(month, report);
  }
  return [...reports.values()];
}

/** Recipient and subject of every mail. */
export function mailsOf(orders) {
  return [
    ...customersOf(orders).map(({ email, name }) => ({ to: email, subject: `Welcome, ${name}` })),
    ...orders.map(({ email, orderId }) => ({ to: email, subject: `Your order ${orderId}` })),
  ];
}
