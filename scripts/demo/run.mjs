import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { linesById, payLater, readById } from './by-id.mjs';
import { check, duplicateMails } from './check.mjs';
import { Cleanups } from './cleanups.mjs';
import { expectedJobCount, feed } from './feed.mjs';
import { startGateway } from './gateway.mjs';
import { startMailSink } from './mail-sink.mjs';
import { readOrders } from './orders.mjs';
import { fromRoot, shownPath } from './paths.mjs';
import { startShop } from './shop.mjs';
import { countJobs, lastLine, tableOf } from './summary.mjs';
import { startTargets } from './targets.mjs';

/** The demo's story: start all, feed, wait, stop, compare. */

/** Without any new moment for so long, jobs are stuck; the longest planned delay is 2 s. */
const STALL_LIMIT_MS = 20_000;
const LOOK_EVERY_MS = 100;

/** @returns {Promise<{ lines: string[], problems: string[] }>} what to print, its last line last, and what is wrong */
export async function runDemo({ broker, keep }, { signal, screen }) {
  const cleanups = new Cleanups();
  const halt = new AbortController();
  const context = {
    cleanups,
    screen,
    signal: AbortSignal.any([signal, halt.signal]),
    onUnexpectedExit: (error) => halt.abort(error),
  };
  let story;
  try {
    const outputDir = await makeOutputDir(cleanups, keep);
    story = await play(context, { broker, outputDir });
    if (keep) story.lines.unshift(`kept: ${shownPath(outputDir)}`);
  } catch (error) {
    // An aborted wait says only that it was aborted; the reason says why.
    throw context.signal.aborted ? context.signal.reason : error;
  } finally {
    const leftOver = await cleanups.run();
    for (const problem of leftOver) console.error(`demo: could not clean up: ${problem}`);
    story?.problems.push(...leftOver);
  }
  return story;
}

async function play(context, { broker, outputDir }) {
  const { screen, signal } = context;
  const orders = await readOrders();
  const world = await startWorld(context);
  const shop = await startShop(context, { world, broker, outputDir });

  const jobs = [];
  const progress = progressLine(screen, expectedJobCount(orders), jobs, shop.ledger);
  const ticker = setInterval(() => void shop.ledger.read().then(progress, () => {}), 500);
  let byId;
  try {
    const api = {
      shop: shop.client,
      localUrl: world.targets.localUrl,
      onJob: (job) => jobs.push(job),
    };
    if (shop.hasStore) byId = await payLater(orders, api);
    await feed(orders, { ...api, placed: byId?.order });
    await untilOver(byId ? [...jobs, byId.reminder] : jobs, shop.ledger, signal);
    if (byId) byId.status = await readById(byId, shop.client);
  } finally {
    clearInterval(ticker);
  }
  progress({ isLast: true });

  const deadLetters = await shop.client.deadLetters('webhook');
  const stopProblems = await shop.stop();
  await shop.ledger.read();
  const facts = { orders, jobs, ledger: shop.ledger, deadLetters, outputDir, byId, ...world };
  const counts = countJobs(jobs, shop.ledger);
  const problems = [...stopProblems, ...(await check(facts))];
  if (counts.lost !== 0) problems.push(`${counts.lost} jobs neither completed nor dead-lettered`);
  return { lines: report(facts, counts), problems };
}

/** The world outside the shop, in this process: mail, payment, and those who want to hear of orders. */
async function startWorld({ cleanups }) {
  const sink = await startMailSink();
  cleanups.add('mail sink', () => sink.stop());
  const gateway = await startGateway();
  cleanups.add('payment gateway', () => gateway.stop());
  const targets = await startTargets();
  cleanups.add('webhook targets', () => targets.stop());
  return { sink, gateway, targets };
}

/** Resolves when each job is completed, dead-lettered or gone as a cancelled one, or when nothing moves any more. */
async function untilOver(jobs, ledger, signal) {
  let moments = -1;
  let movedAt = Date.now();
  for (;;) {
    await ledger.read();
    if (jobs.every(({ id }) => ledger.isOver(id))) return;
    if (ledger.moments !== moments) [moments, movedAt] = [ledger.moments, Date.now()];
    if (Date.now() - movedAt > STALL_LIMIT_MS) return;
    await wait(LOOK_EVERY_MS, undefined, { signal });
  }
}

function progressLine(screen, total, jobs, ledger) {
  return (options) => {
    const { enqueued, completed, retried, deadLettered } = countJobs(jobs, ledger);
    screen.progress(
      `enqueued ${enqueued}/${total}, completed ${completed}, retried ${retried}, dead-lettered ${deadLettered}`,
      options,
    );
  };
}

function report({ jobs, ledger, sink, gateway, targets, deadLetters, byId }, counts) {
  const lines = ['', ...tableOf(jobs, ledger), '', 'dead letters:'];
  for (const { type, id, error } of deadLetters) lines.push(`  ${type} ${id}: ${error.split('\n')[0]}`);
  lines.push(
    '',
    `${sink.mails.length} mails, ${gateway.accounts.size} payments and ${targets.notices.length} webhooks arrived`,
  );
  if (byId) lines.push(...linesById(byId, { gateway, ledger }));
  const duplicates = duplicateMails(sink.mails);
  if (duplicates > 0 || counts.repeated > 0) {
    lines.push(`duplicates: ${duplicates} mails; ${counts.repeated} jobs completed more than once`);
  }
  if (ledger.oddities.length > 0) lines.push(`unusual: ${ledger.oddities.slice(0, 10).join('; ')}`);
  lines.push(lastLine(counts));
  return lines;
}

async function makeOutputDir(cleanups, keep) {
  await mkdir(fromRoot('.demo'), { recursive: true });
  const outputDir = await mkdtemp(fromRoot('.demo', 'run-'));
  if (!keep) cleanups.add('output folder', () => rm(outputDir, { recursive: true, force: true }));
  return outputDir;
}
