import { customersOf, reportsOf } from './orders.mjs';
import { forEachLimited } from './shop-client.mjs';

/** Requests on their way at once. */
const IN_FLIGHT = 16;

/**
 * Sends the orders' file through the shop's HTTP API: sign-ups, then orders, then a report for each month. Every job
 * that an answer names is told to `onJob` with what it is for: a recipient, an order id, a month.
 */
export async function feed(orders, { shop, localUrl, onJob }) {
  const tell = (jobs, subject) => jobs.forEach((job) => onJob({ ...job, subject }));

  await forEachLimited(customersOf(orders), IN_FLIGHT, async (customer) => {
    tell(await shop.post('/signup', customer), customer.email);
  });
  await forEachLimited(orders, IN_FLIGHT, async (order) => {
    const { orderId, placedAt, email, customer, items, webhook } = order;
    const body = {
      orderId,
      placedAt,
      email,
      customer,
      items,
      ...(webhook && { webhook: localUrl(webhook) }),
    };
    tell(await shop.post('/orders', body), orderId);
  });
  await forEachLimited(reportsOf(orders), IN_FLIGHT, async ({ month }) => {
    tell(await shop.post('/reports', { month }), month);
  });
}

/** How many jobs the file makes, for the progress line. */
export function expectedJobCount(orders) {
  const webhooks = orders.filter(({ webhook }) => webhook).length;
  return customersOf(orders).length + 3 * orders.length + webhooks + reportsOf(orders).length;
}
