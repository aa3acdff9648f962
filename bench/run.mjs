/**
 * Warren against raw amqplib, side by side in one run, because only the ratio means something on a noisy machine:
 *   npm run bench                 all scenarios
 *   npm run bench -- --quick      a tenth of the jobs, to see that it works
 *   npm run bench -- --only delay|enqueue|process
 * Needs the built library (it builds it) and RabbitMQ (found or started as for the tests).
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

execFileSync('npx', ['tsc', '-b', 'libs/core/tsconfig.lib.json'], { stdio: 'inherit' });
const { openRaw } = await import('./systems/raw.mjs');
const { openWarren } = await import('./systems/warren.mjs');

const services = await findOrStartServices({ rabbitmq: true, redis: false });
const url = services.rabbitmqUrl;
const run = `bench-${process.pid}`;
try {
  console.log(
    `payload 1 KB, quorum queues, persistent, confirms, manual ack; best of ${rounds} rounds each, alternating\n`,
  );
  console.log('| scenario | raw jobs/s | Warren jobs/s | ratio |');
  console.log('|---|---|---|---|');
  if (wants('enqueue')) {
    await compare('enqueue, 100 in flight', Math.round(20_000 * scale), (system, count) =>
      enqueueRate(system, count, 100, payload),
    );
  }
  if (wants('process')) {
    for (const [concurrency, count] of [
      [1, 4_000],
      [10, 10_000],
      [100, 20_000],
      [500, 20_000],
    ]) {
      await compare(`process, concurrency ${concurrency}`, Math.round(count * scale), (system, jobs) =>
        processRate(system, jobs, concurrency, payload),
      );
    }
  }
  if (wants('delay')) await delays();
} finally {
  await services.stop();
}

async function compare(title, count, measure) {
  const rates = { raw: [], warren: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? ['raw', 'warren'] : ['warren', 'raw']) {
      const system = name === 'raw' ? await openRaw(url, `${run}-raw`) : await openWarren(url, run);
      try {
        rates[name].push(await measure(system, count));
      } finally {
        await system.close();
      }
    }
  }
  const raw = Math.max(...rates.raw);
  const warren = Math.max(...rates.warren);
  console.log(`| ${title} | ${Math.round(raw)} | ${Math.round(warren)} | ${(warren / raw).toFixed(2)} |`);
}

async function delays() {
  const count = Math.round(1_000 * scale);
  const system = await openWarren(url, run);
  try {
    const late = await lateness(system, count, 100, 5_000, random(1));
    console.log(
      `\n${count} jobs with random delays of 0.1-5 s: early ${late.early}, lateness p50 ${late.p50} ms, p99 ${late.p99} ms, max ${late.max} ms`,
    );
    if (late.early > 0) process.exitCode = 1;
  } finally {
    await system.close();
  }
}
