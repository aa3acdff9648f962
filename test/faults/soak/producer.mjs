/**
 * The producer of the soak: enqueues in chunks, tells its parent which jobs were accepted, and keeps the backlog
 * bounded so that it works through the whole soak and not only in its beginning.
 */
import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobQueue, JobsModule } from 'nestjs-warren';
import { random } from '../../../scripts/random.mjs';

const { RABBITMQ_URL, SOAK_APP, SOAK_JOBS, SOAK_SEED, SOAK_BACKLOG } = process.env;
const CHUNK = 500;
const GIVE_UP_MS = 120_000;
const LONGEST_JOB_MS = 20;
const FAIL_ONCE = 0.02;
const FAIL = 0.001;

class ProducerModule {}
Module({ imports: [JobsModule.forRoot({ url: RABBITMQ_URL, app: SOAK_APP, worker: false })] })(
  ProducerModule,
);

let endedCount = 0;
process.on('message', (message) => (endedCount = message.ended));
process.on('disconnect', () => process.exit(1));

const app = await NestFactory.createApplicationContext(ProducerModule, { logger: ['error', 'warn'] });
const jobs = app.get(JobQueue);
const total = Number(SOAK_JOBS);
const next = random(Number(SOAK_SEED));

for (let first = 0; first < total; first += CHUNK) {
  while (first - endedCount > Number(SOAK_BACKLOG)) await wait(20);
  const entries = Array.from({ length: Math.min(CHUNK, total - first) }, (_, index) =>
    entryOf(first + index),
  );
  await enqueue(entries);
}
await app.close();
process.send({ done: true }, () => process.disconnect());

function entryOf(number) {
  const luck = next();
  const fate = luck < FAIL ? 'fail' : luck < FAIL + FAIL_ONCE ? 'failOnce' : 'complete';
  const payload = { number, ms: Math.floor(next() * (LONGEST_JOB_MS + 1)), fate };
  // A repeated enqueue has the same id, and the number is known where the payload is not.
  return { job: 'soak:job', payload, options: { id: `soak-${number}` } };
}

/** What the broker did not take is enqueued again: only then is every job that was asked for accepted. */
async function enqueue(entries) {
  const from = Date.now();
  let left = entries;
  while (left.length > 0) {
    let failed = [];
    try {
      await jobs.enqueueMany(left);
    } catch (error) {
      if (error.code !== 'WARREN_BULK_INCOMPLETE') throw error;
      failed = error.failures.map(({ index }) => left[index]);
      // Without an answer the broker may have them: enqueued again, they are duplicates that are explained.
      const isUnknown = error.failures.some((failure) => failure.error.code === 'WARREN_PUBLISH_TIMEOUT');
      process.send({ problem: error.message, unanswered: isUnknown, from, to: Date.now() });
    }
    const accepted = left.filter((entry) => !failed.includes(entry)).map(({ payload }) => payload.number);
    if (accepted.length > 0) process.send({ accepted, from, to: Date.now() });
    if (failed.length > 0 && Date.now() - from > GIVE_UP_MS)
      throw new Error(`${failed.length} jobs not accepted`);
    left = failed;
  }
}
