/** pg-boss, as a provider of a Nest application: it has no module for Nest of its own. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import PgBoss from 'pg-boss';

const QUEUE = 'bench';
/** The least that it takes; an empty queue is asked so often. */
const POLL_SECONDS = 0.5;

export async function open(plan) {
  const schema = plan.app.replace(/\W/g, '_');
  const useFactory = async () => {
    const boss = new PgBoss({ connectionString: plan.pgUrl, schema });
    boss.on('error', (error) => console.error(error));
    return boss.start();
  };
  class Jobs {}
  Module({ providers: [{ provide: PgBoss, useFactory }] })(Jobs);
  const context = await NestFactory.createApplicationContext(Jobs, { logger: ['error'] });
  const boss = context.get(PgBoss);
  const close = async () => {
    await boss.stop();
    await context.close();
  };
  if (plan.role === 'worker') return { work: worker(boss, plan), close };
  await boss.createQueue(QUEUE);
  return {
    send: (payload) => boss.send(QUEUE, payload),
    /** Those that are completed, too: it keeps them for half a day. */
    purge: () => boss.clearStorage(),
    remove: () => boss.getDb().executeSql(`DROP SCHEMA ${schema} CASCADE`),
    close,
  };
}

/** A worker takes a batch when it is through with the last one. After one with jobs it asks again without a wait. */
function worker(boss, { concurrency }) {
  return async (onJob, onDone) => {
    const options = { batchSize: concurrency, pollingIntervalSeconds: POLL_SECONDS };
    const id = await boss.work(QUEUE, options, async (jobs) => {
      await Promise.all(jobs.map(({ data }) => onJob(data)));
      boss.notifyWorker(id);
      for (let left = jobs.length; left > 0; left -= 1) onDone();
    });
  };
}
