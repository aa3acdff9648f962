/**
 * Warren against raw amqplib, and with a job store against without one, side by side in one run, because only the
 * ratio means something on a noisy machine:
 *   npm run bench                 all scenarios
 *   npm run bench -- --quick      a tenth of the jobs, to see that it works
 *   npm run bench -- --only delay|enqueue|process|store
 * Needs the built libraries (it builds them), RabbitMQ and Redis (found or started as for the tests).
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { random } from '../scripts/random.mjs';
import { findOrStartServices } from '../scripts/services.mjs';
import { enqueueRate } from './scenarios/enqueue.mjs';
import { lateness } from './scenarios/lateness.mjs';
import { processRate } from './scenarios/process.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  },
});
const scale = values.quick ? 0.1 : 1;
const rounds = Number(values.rounds);
const payload = { text: 'x'.repeat(1_000) };
const wants = (name) => values.only === undefined || values.only === name;

execFileSync('npx', ['tsc', '-b', 'libs/core/tsconfig.lib.json', 'libs/redis/tsconfig.lib.json'], {
  stdio: 'inherit',
});
const { openRaw } = await import('./systems/raw.mjs');
const { openWarren } = await import('./systems/warren.mjs');

const services = await findOrStartServices({ rabbitmq: true, redis: wants('store') });
const { rabbitmqUrl: url, redisUrl } = services;
const run = `bench-${process.pid}`;
const raw = { name: 'raw', open: () => openRaw(url, `${run}-raw`) };
const warren = { name: 'Warren', open: () => openWarren(url, run) };
const stored = { name: 'with Redis store', open: () => openWarren(url, run, redisUrl) };
try {
  console.log(
    `payload 1 KB, quorum queues, persistent, confirms, manual ack; best of ${rounds} rounds each, alternating\n`,
  );
  const { enqueueing, processing } = scenarios();
  if (wants('enqueue') || wants('process')) {
    await table(raw, warren, [
      ...(wants('enqueue') ? [enqueueing] : []),
      ...(wants('process') ? [1, 10, 100, 500].map(processing) : []),
    ]);
  }
  if (wants('store')) await table(warren, stored, [enqueueing, ...[1, 10, 100].map(processing)]);
  if (wants('delay')) await delays();
} finally {
  await services.stop();
}

function scenarios() {
  const jobs = { 1: 4_000, 10: 10_000, 100: 20_000, 500: 20_000 };
  return {
    enqueueing: {
      title: 'enqueue, 100 in flight',
      count: 20_000,
      measure: (system, count) => enqueueRate(system, count, 100, payload),
    },
    processing: (concurrency) => ({
      title: `process, concurrency ${concurrency}`,
      count: jobs[concurrency],
      measure: (system, count) => processRate(system, count, concurrency, payload),
    }),
  };
}

async function table(base, other, measured) {
  console.log(`| scenario | ${base.name} jobs/s | ${other.name} jobs/s | ratio |`);
  console.log('|---|---|---|---|');
  for (const { title, count, measure } of measured) {
    const [from, to] = await best(base, other, (system) => measure(system, Math.round(count * scale)));
    console.log(`| ${title} | ${Math.round(from)} | ${Math.round(to)} | ${(to / from).toFixed(2)} |`);
  }
  console.log();
}

/** The best rate of each; they take turns, and who begins changes. */
async function best(base, other, measure) {
  const rates = new Map([base, other].map((side) => [side, 0]));
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? [base, other] : [other, base]) {
      const system = await side.open();
      try {
        rates.set(side, Math.max(rates.get(side), await measure(system)));
      } finally {
        await system.close();
      }
    }
  }
  return [...rates.values()];
}

async function delays() {
  const count = Math.round(1_000 * scale);
  const system = await warren.open();
  try {
    const late = await lateness(system, count, 100, 5_000, random(1));
    console.log(
      `${count} jobs with random delays of 0.1-5 s: early ${late.early}, lateness p50 ${late.p50} ms, p99 ${late.p99} ms, max ${late.max} ms`,
    );
    if (late.early > 0) process.exitCode = 1;
  } finally {
    await system.close();
  }
}
