/**
 * Warren against raw amqplib, and with a job store against without one, side by side in one run, because only the
 * ratio means something on a noisy machine:
 *   npm run bench                        all scenarios
 *   npm run bench -- --quick             the main ones, in about a minute
 *   npm run bench -- --only work,store   some groups
 *   npm run bench -- --peers             other packages for jobs in Nest, which it installs; also as group of --only
 *   npm run bench -- --rounds 5          rounds of each scenario; the median counts
 *   npm run bench -- --json out.json     writes rows of { scenario, system, value, unit, ratioToRaw }
 *   npm run bench -- --gate 0.75         fails when a main ratio is below
 * Needs the built libraries (it builds them), RabbitMQ and Redis (found or started as for the tests).
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findOrStartServices } from '../scripts/services.mjs';
import { rowsOf, tableOf } from './figures.mjs';
import { preparePeers } from './peers/prepare.mjs';
import { GROUPS, QUICK, USUAL } from './scenarios/index.mjs';
import { Stage } from './stage.mjs';

/** Of these, `--gate` looks at the ratio to raw amqplib. */
const MAIN = ['enqueue, 100 in flight', 'work, concurrency 10', 'work, concurrency 100'];

/** What looks too slow is looked at so often again, in so many rounds each. */
const AGAIN = 3;
const AGAIN_ROUNDS = 5;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    peers: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    json: { type: 'string' },
    gate: { type: 'string' },
  },
});
const names = chosenGroups();
const unknown = names.filter((name) => !Object.hasOwn(GROUPS, name));
if (unknown.length > 0)
  fail(`There is no group ${unknown.join(', ')}; there are ${Object.keys(GROUPS).join(', ')}.`);
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
if (!Number.isInteger(rounds) || rounds < 1)
  fail(`--rounds takes a whole number from 1 on, not '${values.rounds}'.`);
const gate = values.gate === undefined ? undefined : Number(values.gate);
if (Number.isNaN(gate)) fail(`--gate takes a number, not '${values.gate}'.`);

execFileSync('npx', ['tsc', '-b', 'libs/core/tsconfig.lib.json', 'libs/redis/tsconfig.lib.json'], {
  stdio: 'inherit',
});
const say = (what) => console.error(what);
const peers = names.includes('peers') ? await preparePeers(say) : undefined;
const services = await findOrStartServices({ rabbitmq: true, redis: true });
const stage = new Stage({
  url: services.rabbitmqUrl,
  redisUrl: services.redisUrl,
  pgUrl: peers?.pgUrl,
  syncedRedisUrl: peers?.syncedRedisUrl,
  run: `bench-${process.pid}`,
});
const startedAt = performance.now();
const rows = [];
try {
  for (const name of names) {
    const ofGroup = [];
    for (const scenario of GROUPS[name](values.quick)) ofGroup.push(...(await measured(scenario, rounds)));
    rows.push(...ofGroup);
    console.log(`\n${name}\n\n${tableOf(ofGroup)}\n`);
  }
  if (gate !== undefined) await guard(gate);
} finally {
  await stage.close();
  await services.stop();
  await peers?.stop();
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);

/** Without `--only`, `--peers` is alone. */
function chosenGroups() {
  const asked = values.only?.split(',') ?? [];
  if (values.peers) return [...new Set([...asked, 'peers'])];
  if (values.only !== undefined) return asked;
  return values.quick ? QUICK : USUAL;
}

/** Systems take turns, and who begins changes. */
async function measured({ title, systems, measure, rounds: own }, usual) {
  const figures = new Map(systems.map((system) => [system, []]));
  const count = own ?? usual;
  for (let round = 0; round < count; round += 1) {
    for (const system of round % 2 === 0 ? systems : systems.toReversed()) {
      const seconds = Math.round((performance.now() - startedAt) / 1_000);
      console.error(`${seconds} s: ${title}, ${system}, round ${round + 1} of ${count}`);
      figures.get(system).push(await measure(stage, system));
    }
  }
  return rowsOf(title, figures);
}

/** A ratio that is too low counts when it stays so: a neighbour's noise passes. */
async function guard(least) {
  for (const scenario of names.flatMap((name) => GROUPS[name](values.quick))) {
    if (!MAIN.includes(scenario.title)) continue;
    let slow = slowIn(rows, scenario.title, least);
    for (let look = 0; slow && look < AGAIN; look += 1) {
      slow = slowIn(await measured(scenario, AGAIN_ROUNDS), scenario.title, least);
    }
    if (!slow) continue;
    console.error(`${slow.scenario}: ${slow.ratioToRaw.toFixed(2)} of raw amqplib, which is below ${least}.`);
    process.exitCode = 1;
  }
}

function slowIn(among, title, least) {
  return among.find(
    ({ scenario, system, unit, ratioToRaw }) =>
      scenario === title &&
      system === 'Warren' &&
      unit === 'jobs/s' &&
      ratioToRaw !== null &&
      ratioToRaw < least,
  );
}

function fail(why) {
  console.error(why);
  process.exit(2);
}
