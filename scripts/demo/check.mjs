import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkById } from './by-id.mjs';
import { CLOSED_HOST, failuresOfPayment, mailsOf, reportsOf } from './orders.mjs';

/**
 * Compares what came out of the shop with what the orders' file asks for. Each check returns what is wrong, one line
 * a fault; nothing is taken from the shop's own word that can be seen from outside.
 */

/** @returns {Promise<string[]>} empty when all is as it must be */
export async function check(facts) {
  const { orders, jobs, ledger, sink, gateway, targets, deadLetters, outputDir, byId } = facts;
  return [
    ...checkMails(orders, sink.mails),
    ...(await checkInvoices(orders, outputDir)),
    ...checkCharges(orders, jobs, gateway.accounts),
    ...checkRetries(gateway.accounts, ledger),
    ...checkNotices(orders, targets.notices),
    ...checkDeadLetters(orders, jobs, deadLetters),
    ...(await checkReports(orders, outputDir)),
    ...checkLedger(byId ? [...jobs, byId.reminder] : jobs, ledger),
    ...(byId ? checkById(byId, { gateway, ledger }) : []),
  ];
}

/** Mails that came a second time under the same message id: allowed by "at least once", but worth telling. */
export function duplicateMails(mails) {
  return mails.length - new Set(mails.map(({ messageId }) => messageId)).size;
}

function checkMails(orders, mails) {
  const arrived = [...new Map(mails.map((mail) => [mail.messageId, mail])).values()];
  const line = ({ to, subject }) => `'${subject}' to ${to}`;
  return differences('mail', mailsOf(orders).map(line), arrived.map(line));
}

async function checkInvoices(orders, outputDir) {
  const folder = join(outputDir, 'invoices');
  const files = await readdir(folder).catch(() => []);
  const problems = differences(
    'invoice file',
    orders.map(({ orderId }) => `invoice-${orderId}.pdf`),
    files,
  );
  for (const file of files) {
    const bytes = await readFile(join(folder, file));
    const isWhole = bytes.subarray(0, 5).equals(Buffer.from('%PDF-')) && bytes.includes('%%EOF');
    if (!isWhole) problems.push(`invoice file ${file} is no whole PDF`);
  }
  return problems;
}

function checkCharges(orders, jobs, accounts) {
  const payments = jobs.filter(({ type }) => type === 'payment:charge');
  const keyOf = new Map(payments.map(({ id, subject }) => [subject, id]));
  return differences(
    'charge',
    orders.map((order) => {
      const { orderId, amountCents } = order;
      return `${amountCents} cents for ${orderId} under job ${keyOf.get(orderId)} after ${failuresOfPayment(orderId)} refusals`;
    }),
    [...accounts].map(
      ([orderId, { amountCents, keys, refusals }]) =>
        `${amountCents} cents for ${orderId} under job ${keys.join(' and ')} after ${refusals} refusals`,
    ),
  );
}

/** Each refusal of the gateway is one retry, and nothing else is. */
function checkRetries(accounts, ledger) {
  const refusals = [...accounts.values()].reduce((sum, account) => sum + account.refusals, 0);
  const retries = [...ledger.jobs.values()].reduce((sum, job) => sum + job.retries, 0);
  return refusals === retries
    ? []
    : [`the gateway refused ${refusals} times, but ${retries} retries were made`];
}

function checkNotices(orders, notices) {
  return differences(
    'webhook',
    orders.filter(({ webhook }) => webhook).map(({ orderId, webhook }) => `${orderId} at ${webhook.host}`),
    [...new Map(notices.map((notice) => [notice.deliveryId, notice])).values()].map(
      ({ orderId, host }) => `${orderId} at ${host}`,
    ),
  );
}

function checkDeadLetters(orders, jobs, deadLetters) {
  const closed = new Set(
    orders.filter(({ webhook }) => webhook?.host === CLOSED_HOST).map(({ orderId }) => orderId),
  );
  const hopeless = jobs.filter(({ type, subject }) => type === 'webhook:deliver' && closed.has(subject));
  return differences(
    'dead letter',
    hopeless.map(({ id }) => `${id} terminated after attempt 1`),
    deadLetters.map(({ id, reason, attempts }) => `${id} ${reason} after attempt ${attempts}`),
  );
}

async function checkReports(orders, outputDir) {
  const folder = join(outputDir, 'reports');
  const files = await readdir(folder).catch(() => []);
  const line = ({ month, orders: count, amountCents }) => `${month}: ${count} orders, ${amountCents} cents`;
  const found = await Promise.all(
    files.map(async (file) => line(JSON.parse(await readFile(join(folder, file), 'utf8')))),
  );
  return differences('report', reportsOf(orders).map(line), found);
}

/** The API's answers and the ledger must tell of the same jobs, each ended once. */
function checkLedger(jobs, ledger) {
  const problems = differences(
    'enqueued job',
    jobs.map(({ id, type }) => `${type} ${id}`),
    [...ledger.jobs].filter(([, { enqueuedAt }]) => enqueuedAt).map(([id, { type }]) => `${type} ${id}`),
  );
  for (const [id, { type, completions, failure }] of ledger.jobs) {
    if (completions > 0 && failure) problems.push(`${type} ${id} both completed and failed`);
  }
  return problems;
}

/** Both are lists with repetitions; order does not matter. */
function differences(what, expected, found) {
  const counts = new Map();
  for (const item of expected) counts.set(item, (counts.get(item) ?? 0) + 1);
  for (const item of found) counts.set(item, (counts.get(item) ?? 0) - 1);
  return [...counts].flatMap(([item, count]) => {
    if (count === 0) return [];
    const times = Math.abs(count) === 1 ? '' : ` (${Math.abs(count)} times)`;
    return [count > 0 ? `missing ${what}: ${item}${times}` : `unexpected ${what}: ${item}${times}`];
  });
}
