import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DeadLetterDrain, removeSoak, waitingAt } from './broker.mjs';
import { Child } from './child.mjs';
import { FaultInjector } from './fault-injector.mjs';
import { LedgerReader, compare, unexplained } from './ledger.mjs';
import { Proxy } from './proxy.mjs';
import { WorkerSlot } from './worker-slot.mjs';

/** The soak's story: start all, enqueue while things die, wait until every job has ended, compare. */

const LOOK_EVERY_MS = 250;
/** Without any job that ended for so long, the rest counts as lost. */
const STALL_LIMIT_MS = 120_000;
const BACKLOG = 10_000;
const SHOWN = 10;
const MB = 1024 * 1024;

/** @returns {Promise<{ lines: string[], isGood: boolean }>} what to print, its last line last */
export async function runSoak(options, { rabbitmqUrl, signal, cleanups, screen }) {
  const halt = new AbortController();
  const context = {
    ...options,
    url: rabbitmqUrl,
    app: `soak-${randomBytes(4).toString('hex')}`,
    folder: await mkdtemp(join(tmpdir(), 'warren-soak-')),
    signal: AbortSignal.any([signal, halt.signal]),
    halt: (why) => halt.abort(new Error(`${why}: see the logs`)),
    problems: [],
    cleanups,
    screen,
  };
  // Goes last: processes write to it until they end.
  let isKept = options.keep;
  cleanups.add('folder', () => (isKept ? undefined : rm(context.folder, { recursive: true, force: true })));
  try {
    const result = await play(context);
    isKept ||= !result.isGood;
    return result;
  } catch (error) {
    // An aborted wait says only that it was aborted; the reason says why.
    isKept ||= !signal.aborted;
    throw context.signal.aborted ? context.signal.reason : error;
  } finally {
    if (isKept) screen.step(`ledgers and logs are in ${context.folder}`);
  }
}

async function play(context) {
  const { cleanups, url, app, folder, signal, screen } = context;
  cleanups.add('broker objects', () => removeSoak(url, app));
  const slots = await startWorkers(context);
  const drain = await DeadLetterDrain.start(url, app);
  cleanups.add('dead letters', () => drain.stop());
  const producer = await startProducer(context);
  const injector = new FaultInjector(context.seed, { slots, producer, everyMs: context.killEveryMs });
  cleanups.add('faults', () => injector.stop());
  screen.step(`${slots.length} workers and a producer run; application ${app}`);
  injector.start();

  const reader = new LedgerReader(folder);
  let movedAt = Date.now();
  let endedBefore = -1;
  let earlyMb;
  const startedAt = Date.now();
  for (;;) {
    await wait(LOOK_EVERY_MS, undefined, { signal });
    reader.read();
    const ended = countEnded(reader, drain);
    producer.tell({ ended });
    if (ended >= context.jobs / 10) earlyMb ??= peakMb(slots);
    screen.progress(progressLine(context, { producer, reader, drain, injector, slots }));
    if (producer.isDone && ended >= producer.accepted.size && isAllOver(producer, reader, drain)) break;
    if (ended !== endedBefore) [endedBefore, movedAt] = [ended, Date.now()];
    if (Date.now() - movedAt > STALL_LIMIT_MS) {
      context.problems.push(
        `no job ended in ${STALL_LIMIT_MS / 1000} s; the broker holds ${await held(context)}`,
      );
      break;
    }
  }
  const seconds = (Date.now() - startedAt) / 1000;
  injector.stop();
  return report(context, { seconds, producer, reader: reader.read(), drain, injector, slots, earlyMb });
}

async function startWorkers({ workers, cleanups, problems, halt, ...settings }) {
  const slots = Array.from(
    { length: workers },
    (_, index) =>
      new WorkerSlot(index, { ...settings, onProblem: (what) => problems.push(what), onHopeless: halt }),
  );
  for (const slot of slots) cleanups.add('worker', () => slot.stop());
  await Promise.race([Promise.all(slots.map((slot) => slot.start())), aborted(settings.signal)]);
  return slots;
}

async function startProducer({ url, app, folder, jobs, seed, cleanups, problems, halt, screen }) {
  const proxy = await new Proxy(url).start();
  cleanups.add('proxy of the producer', () => proxy.stop());
  const producer = {
    /** Job -> when it was enqueued, shared by those of one chunk. */
    accepted: new Map(),
    /** When publishes ended without an answer. */
    unanswered: [],
    isDone: false,
    cut: () => proxy.cut(),
    tell: (message) => child.send(message),
  };
  const child = new Child('./producer.mjs', {
    env: {
      RABBITMQ_URL: proxy.url,
      SOAK_APP: app,
      SOAK_JOBS: String(jobs),
      SOAK_SEED: String(seed),
      SOAK_BACKLOG: String(BACKLOG),
    },
    log: join(folder, 'producer.log'),
    onMessage: ({ accepted = [], from, to, problem, unanswered, done }) => {
      const window = { from, to };
      for (const job of accepted) producer.accepted.set(job, window);
      if (unanswered) producer.unanswered.push({ pid: 'producer', from, to });
      if (problem) screen.step(`producer: ${problem}`);
      if (done) producer.isDone = true;
    },
  });
  cleanups.add('producer', () => child.end());
  void child.exited.then(({ code, signal }) => {
    if (producer.isDone) return;
    problems.push(`the producer ended with ${code ?? signal} before its last job`);
    halt('the producer ended early');
  });
  return producer;
}

/** A lower bound that costs nothing: jobs that are both count twice. */
function countEnded(reader, drain) {
  return reader.finished.size + drain.dead.size;
}

function isAllOver(producer, reader, drain) {
  for (const job of producer.accepted.keys()) {
    if (!reader.finished.has(job) && !drain.dead.has(job)) return false;
  }
  return true;
}

function progressLine({ jobs }, { producer, reader, drain, injector, slots }) {
  const { killed, terminated, cut } = injector.counts;
  return (
    `enqueued ${producer.accepted.size}/${jobs}, completed ${reader.finished.size}, dead ${drain.dead.size}; ` +
    `${killed} killed, ${terminated} terminated, ${cut} cut; ${peakMb(slots)} MB`
  );
}

function report({ jobs, problems }, { seconds, producer, reader, drain, injector, slots, earlyMb }) {
  const result = compare({ accepted: producer.accepted.keys(), finished: reader.finished, dead: drain.dead });
  const odd = unexplained({
    jobs: result.duplicatedJobs,
    reader,
    faults: [...injector.excuses, ...producer.unanswered],
    sent: (job) => producer.accepted.get(job),
  });
  if (drain.strangers > 0) problems.push(`${drain.strangers} dead letters without an id of the soak`);
  const lines = [];
  if (result.lost > 0) lines.push(`lost: jobs ${some(result.lostJobs)}`);
  if (odd.length > 0) {
    lines.push(`duplicates that no fault explains: jobs ${some(odd)}`);
    const shown = new Set(odd.slice(0, SHOWN));
    const runs = [...reader.runsOf((job) => shown.has(job)).values()].flat();
    lines.push(...runs.map((run) => `  ${JSON.stringify(run)}`));
    const pids = new Set(runs.map(({ pid }) => pid));
    const ofThem = injector.faults.filter(({ pid }) => pids.has(pid));
    lines.push('what happened to their processes:', ...ofThem.map((fault) => `  ${JSON.stringify(fault)}`));
  }
  for (const problem of problems) lines.push(`problem: ${problem}`);
  const { killed, terminated, cut } = injector.counts;
  lines.push(
    `${Math.round(seconds)} s, ${Math.round(jobs / seconds)} jobs a second; ${killed} kills, ${terminated} SIGTERMs, ${cut} cuts` +
      countsByReason(drain.dead),
    `soak: ${result.enqueued} enqueued, ${result.completed} completed, ${result.duplicates} duplicates, ${result.dead} dead, ${result.lost} lost, peak memory ${peakMb(slots)} MB (${earlyMb ?? '?'} MB in the first tenth)`,
  );
  return { lines, isGood: result.lost === 0 && odd.length === 0 && problems.length === 0 };
}

function countsByReason(dead) {
  const counts = new Map();
  for (const reason of dead.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `; ${count} ${reason}`).join('');
}

/** Of the largest worker. */
function peakMb(slots) {
  return Math.round(Math.max(...slots.map(({ peakMemoryBytes }) => peakMemoryBytes)) / MB);
}

async function held({ url, app }) {
  try {
    return (await waitingAt(url, app)).join(', ') || 'nothing';
  } catch (error) {
    return `cannot be asked (${error.message})`;
  }
}

function some(jobs) {
  return jobs.slice(0, SHOWN).join(', ') + (jobs.length > SHOWN ? ` and ${jobs.length - SHOWN} more` : '');
}

function aborted(signal) {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
