import { customersOf, reportsOf } from './orders.mjs';
import { forEachLimited } from './shop-client.mjs';

/** Requests on their way at once. */
const IN_FLIGHT = 16;

/**
 * Sends the orders' file through the shop's HTTP API: sign-ups, then orders, then a report for each month. Every job
 * that an answer names is told to `onJob` with what it is for: a recipient, an order id, a month. An order that was
 * placed before is left out.
 */
export async function feed(orders, { shop, localUrl, onJob, placed }) {
  const tell = ({ jobs }, subject) => jobs.forEach((job) => onJob({ ...job, subject }));

  await forEachLimited(customersOf(orders), IN_FLIGHT, async (customer) => {
    tell(await shop.post('/signup', customer), customer.email);
  });
  const others = orders.filter((order) => order !== placed);
  await forEachLimited(others, IN_FLIGHT, async (order) => {
    tell(await shop.post('/orders', requestOf(order, localUrl)), order.orderId);
  });
  await forEachLimited(reportsOf(orders), IN_FLIGHT, async ({ month }) => {
    tell(await shop.post('/reports', { month }), month);
  });
}

/** What the API is asked to place an order. */
export function requestOf({ orderId, placedAt, email, customer, items, webhook }, localUrl) {
  return { orderId, placedAt, email, customer, items, ...(webhook && { webhook: localUrl(webhook) }) };
}

/** How many jobs the file makes, for the progress line. */
export function expectedJobCount(orders) {
  const webhooks = orders.filter(({ webhook }) => webhook).length;
  return customersOf(orders).length + 3 * orders.length + webhooks + reportsOf(orders).length;
}
