import { requestOf } from './feed.mjs';
import { failuresOfPayment } from './orders.mjs';

/**
 * What only a shop can do that remembers its jobs: the reminder of an order that is paid later is cancelled before it
 * is due, a double click pays the order once, and the status of each job is read by its id.
 */

/** The gateway refuses it once, so that its status has something to tell. */
const ORDER_ID = 'order-0005';

/** Places, cancels and pays. Every job but the cancelled one is told to `onJob`. */
export async function payLater(orders, { shop, localUrl, onJob }) {
  const order = orders.find(({ orderId }) => orderId === ORDER_ID);
  const subject = ORDER_ID;
  const { jobs } = await shop.post('/orders', { ...requestOf(order, localUrl), payLater: true });
  const [reminder] = jobs.filter(({ type }) => type === 'email:reminder');
  jobs.filter((job) => job !== reminder).forEach((job) => onJob({ ...job, subject }));

  // At once: it is due in two seconds.
  const { outcome } = await shop.cancel(reminder.id);
  const clicks = await Promise.all([1, 2].map(() => shop.post(`/orders/${ORDER_ID}/pay`)));
  const [payment] = clicks[0].jobs;
  onJob({ ...payment, subject });
  const [invoice] = jobs.filter(({ type }) => type === 'invoice:pdf');
  return { order, clicks, payment, invoice, reminder, outcome };
}

/** What the shop says of the three jobs when all is over. */
export async function readById({ payment, invoice, reminder }, shop) {
  const [ofPayment, ofInvoice, ofReminder] = await Promise.all(
    [payment, invoice, reminder].map(({ id }) => shop.job(id)),
  );
  return { payment: ofPayment, invoice: ofInvoice, reminder: ofReminder };
}

/** @returns what is wrong, one line a fault */
export function checkById({ order, clicks, payment, reminder, outcome, status }, { gateway, ledger }) {
  const { keys } = gateway.accounts.get(order.orderId) ?? { keys: [] };
  const lines = order.items.length;
  const left = ledger.jobs.get(reminder.id);
  return [
    differs(
      'both clicks on pay',
      clicks.map(({ jobs }) => jobs.map(({ id }) => id)),
      [[payment.id], [payment.id]],
    ),
    differs('which click was one too many', clicks.map((click) => click.deduplicated).sort(), [false, true]),
    differs(`charges for ${order.orderId}`, keys, [payment.id]),
    differs('status of the payment', pick(status.payment, ['state', 'tried', 'result']), {
      state: 'completed',
      tried: 1 + failuresOfPayment(order.orderId),
      result: { chargeId: gateway.charges.get(payment.id)?.id },
    }),
    differs('status of the invoice', pick(status.invoice, ['state', 'progress']), {
      state: 'completed',
      progress: { done: lines, total: lines },
    }),
    differs('answer to the cancellation', outcome, 'cancelled'),
    differs('status of the reminder', pick(status.reminder, ['state', 'tried']), {
      state: 'cancelled',
      tried: 0,
    }),
    differs('starts of the cancelled reminder', left?.starts, 0),
    differs('whether its message came and left', left?.hasLeft, true),
  ].flat();
}

/** Three lines of the summary. */
export function linesById({ order, clicks, status }, { gateway, ledger }) {
  const { payment, invoice, reminder } = status;
  const [first, second] = clicks.map(({ jobs }) => jobs[0].id);
  const answers = first === second ? 'one job' : 'two jobs';
  const { keys } = gateway.accounts.get(order.orderId) ?? { keys: [] };
  const { done, total } = invoice.progress ?? {};
  return [
    `double click on pay for ${order.orderId}: ${answers}, ${keys.length} charge at the gateway`,
    `by id: ${payment.type} ${payment.state} at try ${payment.tried} of ${payment.tries}, ${invoice.type} ${invoice.state} with ${done} of ${total} lines`,
    `${reminder.type}: ${reminder.state} through the API before it was due, run ${ledger.jobs.get(reminder.id)?.starts} times`,
  ];
}

function differs(what, found, expected) {
  const [is, wanted] = [found, expected].map((value) => JSON.stringify(value));
  return is === wanted ? [] : [`${what}: ${is} instead of ${wanted}`];
}

function pick(object, names) {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}
