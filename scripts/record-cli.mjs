/**
 * Writes docs/how-to/command-line-session.md by running the real commands against RABBITMQ_URL and REDIS_URL, in an
 * application of its own that is removed behind it. Needs `npm run build:libs` before.
 *
 *   RABBITMQ_URL=amqp://… REDIS_URL=redis://… node scripts/record-cli.mjs
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { format } from 'prettier';
import { Warren } from 'nestjs-warren/standalone';
import { RedisJobStore } from 'nestjs-warren-redis';
import { createClient } from 'redis';
import { removeApp } from './broker-objects.mjs';

const PAGE = 'docs/how-to/command-line-session.md';
const MAIN = 'libs/cli/dist/main.js';
const { RABBITMQ_URL: amqp, REDIS_URL: redis } = process.env;
if (!amqp || !redis) {
  console.error('Set RABBITMQ_URL and REDIS_URL: the session is run for real.');
  process.exit(2);
}

const app = `record-${randomBytes(4).toString('hex')}`;
const env = {
  ...process.env,
  WARREN_AMQP: amqp,
  WARREN_REDIS: redis,
  WARREN_APP_NAME: app,
  WARREN_TIME: 'utc',
};
const silent = { error() {}, warn() {}, info() {}, debug() {} };
const parts = [];
let isDown = true;

/** Runs one command and writes down what a terminal would show. Gives what it printed. */
async function warren(shown, { stdin, exits = [0] } = {}) {
  const argv = words(shown);
  const child = spawn(process.execPath, [MAIN, ...argv], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let [all, stdout] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => ((all += text), (stdout += text)));
  child.stderr.setEncoding('utf8').on('data', (text) => (all += text));
  child.stdin.end(stdin ?? '');
  const exit = await new Promise((resolve) => child.once('close', resolve));
  if (!exits.includes(exit)) throw new Error(`warren ${shown} ended with ${exit}:\n${all}`);
  const text = withoutPlace(all);
  parts.push(
    '```console',
    `$ warren ${shown}`,
    text.trimEnd(),
    ...(exit === 0 ? [] : [`(exit ${exit})`]),
    '```',
    '',
  );
  return stdout.trim();
}

/** Without what is of this machine alone: names, addresses and folders. */
function withoutPlace(text) {
  return text
    .replaceAll(app, 'shop')
    .replaceAll(process.cwd(), '/app')
    .replaceAll(/(\w+):\/\/(?:[^@\s/]+@)?127\.0\.0\.1:\d+/g, '$1://host')
    .replaceAll(/cluster [^\s,]+,/g, 'cluster rabbit@host,')
    .replaceAll(`${hostname()}:`, 'worker-1:');
}

/** As a shell reads it, as far as this page needs it. */
function words(line) {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

const say = (text) => parts.push(text, '');

async function until(condition) {
  const endsAt = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error('What the session waits for does not come.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function removeAll(queues) {
  await removeApp(amqp, app, queues);
  const client = await createClient({ url: redis }).connect();
  for await (const keys of client.scanIterator({ MATCH: `warren:{${app}}:*`, COUNT: 1_000 })) {
    if (keys.length > 0) await client.del(keys);
  }
  client.destroy();
}

const worker = new Warren({
  options: { url: amqp, app, store: new RedisJobStore({ url: redis }), worker: { concurrency: 5 } },
  logger: silent,
  environment: { production: false },
});
worker.register([
  {
    pattern: 'email:new',
    place: 'Emails.send',
    options: { attempts: 1 },
    definition: undefined,
    payload: undefined,
    run: ({ payload }) => {
      if (isDown) throw Object.assign(new Error('421 try later'), { name: 'SmtpError' });
      return { sent: payload.to };
    },
  },
]);

try {
  await worker.start();
  say('# A session with the command line');
  say(
    'Recorded by `scripts/record-cli.mjs` from real commands, against a RabbitMQ, a Redis and a worker for `email:new` whose mail server is down. What each verb does is in [the command line](command-line.md).',
  );
  say('The mail server is down, and mails fail:');
  for (const to of ['ada', 'grace', 'linus'])
    await worker.jobs.enqueue('email:new', { to: `${to}@example.com` });
  await until(async () => (await worker.jobs.counts()).all.failed === 3);
  await worker.jobs.enqueue('email:new', { to: 'alan@example.com' }, { delay: '1h' });
  await warren('info');
  await warren('doctor', { exits: [0, 5] });
  say('What died, and why:');
  await warren('dead groups');
  const [{ id }] = (await worker.jobs.find({ state: 'failed' })).jobs;
  await warren(`jobs view ${id}`);
  say('It is up again. First what would be done, then without a terminal to ask on, then for real:');
  isDown = false;
  await warren('dead retry --error SmtpError --dry-run');
  await warren('dead retry --error SmtpError', { exits: [7] });
  await warren('dead retry --error SmtpError --rate 50/s --yes');
  await warren(`jobs wait ${id}`);
  say('One job more, and one that was to wait:');
  await warren(`jobs enqueue email:new '{"to":"edsger@example.com"}' --wait`);
  await warren('jobs list --state scheduled');
  const [scheduled] = (await worker.jobs.find({ state: 'scheduled' })).jobs;
  await warren(`jobs run-now ${scheduled.id}`);
  await warren(`jobs wait ${scheduled.id}`);
  say('A queue that is paused, and purged:');
  await warren('queues pause email');
  for (let index = 0; index < 3; index += 1)
    await worker.jobs.enqueue('email:new', { to: 'nobody@example.com' });
  await warren('queues list');
  await warren('queues purge email --yes');
  await warren('queues resume email');
  say('Schedules:');
  await warren(
    `schedules add nightly --job email:new --payload '{"to":"ada@example.com"}' --cron '30 2 * * *' --tz Europe/Paris`,
  );
  await warren('schedules next nightly -n 3');
  await warren('schedules remove nightly --yes');
  say('Who runs jobs, and what is not there:');
  await warren('workers list');
  await warren('queues view emial', { exits: [3] });
  await warren('jobs view no-such-job', { exits: [3] });
  writeFileSync(PAGE, await format(`${parts.join('\n')}\n`, { parser: 'markdown', printWidth: 118 }));
  console.log(`${PAGE} is written`);
} finally {
  await worker.close().catch(() => undefined);
  await removeAll(['email', 'default']);
}
