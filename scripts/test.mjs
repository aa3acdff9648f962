/**
 * `npm test`: finds or starts RabbitMQ and Redis, builds the library, and runs every test but those that kill brokers
 * (`npm run test:faults`). Arguments go to jest: `npm test -- --testPathPatterns delay`. Its last line counts the tests:
 * `N passed, N failed`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOrStartServices } from './services.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const EXIT_LIMIT_MS = 20_000;

/** Unless the arguments choose. */
const PROJECTS = ['--selectProjects=unit', '--selectProjects=services'];

let jest;
let interruptedBy;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (interruptedBy) process.exit(128 + constants.signals[signal]);
    interruptedBy = signal;
    jest?.kill(signal);
  });
}

function projectsFor(args) {
  return args.some((arg) => arg.startsWith('--selectProjects')) ? [] : PROJECTS;
}

async function runJest({ rabbitmqUrl, managementUrl, redisUrl }) {
  const folder = mkdtempSync(join(tmpdir(), 'warren-test-'));
  const report = join(folder, 'report.json');
  try {
    jest = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--no-warnings',
        join(ROOT, 'node_modules/jest/bin/jest.js'),
        ...projectsFor(process.argv.slice(2)),
        '--json',
        `--outputFile=${report}`,
        ...process.argv.slice(2),
      ],
      {
        cwd: ROOT,
        // With --json, jest's report to people goes to stderr and the JSON to stdout.
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          ...process.env,
          RABBITMQ_URL: rabbitmqUrl,
          REDIS_URL: redisUrl,
          ...(managementUrl && { RABBITMQ_MANAGEMENT_URL: managementUrl }),
        },
      },
    );
    const hung = endIfItHangs(jest, report);
    const [code] = await once(jest, 'exit');
    clearInterval(hung);
    return { code: code ?? 1, counts: countsOf(report) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A test that leaves something open keeps jest alive for ever once all is reported. */
function endIfItHangs(process, report) {
  let reportedAt;
  return setInterval(() => {
    if (!existsSync(report)) return;
    reportedAt ??= Date.now();
    if (Date.now() - reportedAt < EXIT_LIMIT_MS) return;
    console.error(
      `npm test: jest did not end within ${EXIT_LIMIT_MS / 1000} s of its report: a test left something open. Find it with --detectOpenHandles.`,
    );
    process.kill('SIGKILL');
  }, 500);
}

/** A suite that could not even be loaded counts as a failed test, a test that was skipped as neither. */
function countsOf(report) {
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
    };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

const say = (what) => console.log(`services: ${what}`);
let services;
try {
  services = await findOrStartServices({ rabbitmq: true, redis: true, say });
  say(services.how);
  execFileSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      '-b',
      ...['redis', 'cli', 'telemetry', 'dashboard'].map((name) => `libs/${name}/tsconfig.lib.json`),
    ],
    {
      cwd: ROOT,
      stdio: 'inherit',
    },
  );
  const { code, counts } = interruptedBy
    ? { code: 1, counts: { passed: 0, failed: 0 } }
    : await runJest(services);
  process.exitCode = interruptedBy ? 128 + constants.signals[interruptedBy] : code;
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
} catch (error) {
  console.error(`npm test: ${error.message}`);
  process.exitCode = 1;
} finally {
  await services?.stop();
}
