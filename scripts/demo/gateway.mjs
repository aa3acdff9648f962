import { startJsonServer } from './json-server.mjs';
import { failuresOfPayment } from './orders.mjs';

/**
 * The payment gateway: `POST /charges` with an idempotency key. It is flaky on purpose, and it charges once per key,
 * however often it is asked.
 */
export async function startGateway() {
  /** order id -> { amountCents, keys: charged under these, refusals } */
  const accounts = new Map();
  /** key -> { id } of its charge */
  const charges = new Map();
  const server = await startJsonServer(({ path, headers, body }) => {
    if (path !== '/charges') return { status: 404 };
    const key = headers['idempotency-key'];
    if (key === undefined) return { status: 400, body: { problem: 'no idempotency-key' } };
    const { orderId, amountCents } = body;
    const account = accounts.get(orderId) ?? { amountCents: 0, keys: [], refusals: 0 };
    accounts.set(orderId, account);
    if (account.refusals < failuresOfPayment(orderId)) {
      account.refusals += 1;
      return { status: 503, body: { problem: 'busy, try again' } };
    }
    if (!charges.has(key)) {
      charges.set(key, { id: `charge-${charges.size + 1}` });
      account.keys.push(key);
      account.amountCents += amountCents;
    }
    return { status: 201, body: charges.get(key) };
  });
  return { ...server, accounts, charges };
}
