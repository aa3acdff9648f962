import type { Command } from 'commander';
import type { Finding, QueueSummary, WorkerView } from 'nestjs-warren/operate';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import { addressOf, type Connection } from '../connect.js';
import { EXIT } from '../exit-codes.js';
import { count, counted } from '../output/time.js';
import { findingColumns, notConnected } from './findings.js';

/** `warren doctor`: broker, store, topology, queues and workers, each with what to do. Exit 5 when something is to be mended. */
export function addDoctor(program: Command, act: Act): void {
  program
    .command('doctor')
    .description(
      'look at broker, store, topology and workers, and say what to do; exit 5 when something is wrong',
    )
    .action(
      act(async (call) => {
        const connection = await call.open({ broker: 'try', store: 'try' });
        const findings = await examine(call, connection);
        const list = call.out.list<Finding>({ columns: findingColumns(call.style), empty: 'Nothing.' });
        for (const finding of findings) await list.add(finding);
        await list.end();
        return findings.some(({ level }) => level === 'warn' || level === 'fail')
          ? EXIT.checkFailed
          : EXIT.ok;
      }),
    );
}

async function examine(call: Call, connection: Connection): Promise<readonly Finding[]> {
  const { jobs, problem } = connection;
  const { settings } = call;
  // What the broker refused for good closed the way to the store, too.
  const store = await storeFindings(call, problem ? await call.open({ store: 'try' }) : connection);
  if (problem) return [notConnected(problem), ...store];
  const { findings } = await jobs.topology.check({ timeout: settings.timeoutMs });
  const isThere = connection.warren.status().state !== 'connecting';
  if (!isThere) return [...findings, ...store];
  const queues = await jobs.queues.list({ oldest: false });
  const hasStore = store.every(({ level }) => level === 'ok');
  const workers = hasStore && settings.redis !== undefined ? await jobs.workers() : undefined;
  return [...findings, ...store, ...queues.map(queueFinding), ...workerFindings(workers, queues)];
}

async function storeFindings({ settings }: Call, { jobs }: Connection): Promise<readonly Finding[]> {
  const subject = 'store';
  const { redis } = settings;
  if (redis === undefined) {
    return [
      {
        level: 'unknown',
        subject,
        message: 'No job store is named, so nothing is known of single jobs, schedules and workers.',
        fix: 'Give --redis (WARREN_REDIS).',
      },
    ];
  }
  const startedAt = performance.now();
  try {
    await jobs.get('warren-doctor');
    const ms = Math.max(1, Math.round(performance.now() - startedAt));
    const { dropped = 0 } = jobs.store ?? {};
    return [
      {
        level: 'ok',
        subject,
        message: `${addressOf(redis)}, answers in ${ms} ms${dropped > 0 ? `, ${count(dropped)} writes lost` : ''}`,
      },
    ];
  } catch (error) {
    return [
      {
        level: 'fail',
        subject,
        message: `${addressOf(redis)}: ${(error as Error).message}`,
        fix: 'Start Redis, or correct --redis (WARREN_REDIS). Jobs go on without it; limits, schedules and states do not.',
      },
    ];
  }
}

function queueFinding(queue: QueueSummary): Finding {
  const { name, ready = 0, deadLetters = 0, consumers = 0, isPaused, isThere } = queue;
  const subject = `queue ${name}`;
  const waits = `${count(ready)} waiting`;
  if (!isThere) {
    const fix = `Start its worker, or make it: warren topology apply ${name}`;
    return { level: 'warn', subject, message: 'It is not at the broker.', fix };
  }
  if (isPaused) {
    return {
      level: 'warn',
      subject,
      message: `It is paused, ${waits}.`,
      fix: `warren queues resume ${name}`,
    };
  }
  if (consumers === 0 && ready > 0) {
    return {
      level: 'fail',
      subject,
      message: `No consumer, and ${waits}.`,
      fix: 'Start its worker: warren workers list',
    };
  }
  const dead =
    deadLetters > 0 ? `, ${counted(deadLetters, 'dead letter')} (warren dead groups --queue ${name})` : '';
  return { level: 'ok', subject, message: `${waits}, ${counted(consumers, 'consumer')}${dead}` };
}

function workerFindings(
  workers: readonly WorkerView[] | undefined,
  queues: readonly QueueSummary[],
): Finding[] {
  const subject = 'workers';
  if (!workers) return [];
  const quiet = workers.filter(({ isQuiet }) => isQuiet);
  if (quiet.length > 0) {
    const names = quiet.map(({ id }) => id).join(', ');
    return [
      { level: 'warn', subject, message: `Quiet: ${names}.`, fix: `warren workers wake ${quiet[0]!.id}` },
    ];
  }
  if (workers.length > 0) return [{ level: 'ok', subject, message: `${workers.length} alive` }];
  const waits = queues.some(({ ready = 0 }) => ready > 0);
  const message = `None is alive${waits ? ', and jobs wait' : ''}.`;
  return [{ level: waits ? 'fail' : 'warn', subject, message, fix: 'Start one.' }];
}
