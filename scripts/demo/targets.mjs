import { startJsonServer } from './json-server.mjs';
import { CLOSED_HOST } from './orders.mjs';

/**
 * Stands for the webhook targets of the orders' file: the host becomes the first part of a path on loopback. One of
 * them is gone for good and says so with 410.
 */
export async function startTargets() {
  /** Each POST that came: { host, orderId, deliveryId } */
  const notices = [];
  const server = await startJsonServer(({ path, headers, body }) => {
    const host = path.split('/')[1];
    notices.push({ host, orderId: body.orderId, deliveryId: headers['x-shop-delivery'] });
    return { status: host === CLOSED_HOST ? 410 : 200 };
  });
  return {
    ...server,
    notices,
    /** Where a webhook of the file is found here. */
    localUrl: (webhook) => `${server.url}/${webhook.host}${webhook.pathname}`,
  };
}
