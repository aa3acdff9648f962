import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as main from './index.js';
import * as operate from './operate.js';
import * as ports from './ports.js';
import * as standalone from './standalone.js';
import * as testing from './testing.js';

/** What users may hold on to: a name that goes away or changes breaks their code. */

const HERE = dirname(fileURLToPath(import.meta.url));

function productSources(): string {
  return ['.', '../../redis/src', '../../dashboard/src']
    .map((folder) => sourcesIn(join(HERE, folder)))
    .join('\n');
}

function sourcesIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && !path.endsWith('codes.ts'))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n');
}

describe('the names that the package exports', () => {
  it.each([
    [
      'nestjs-warren',
      main,
      [
        'BulkEnqueueError',
        'ConfigurationError',
        'Ctx',
        'ERROR_CODES',
        'Enqueue',
        'InjectJobQueue',
        'JOBS_EXTENSION',
        'JobContext',
        'JobEvents',
        'JobHandler',
        'JobQueue',
        'JobRef',
        'JobStorage',
        'JobWorker',
        'JobsModule',
        'MemoryJobStore',
        'NonRetryableJobError',
        'OnJobEvent',
        'Payload',
        'QueueFullError',
        'RateLimitedJobError',
        'RetryJobError',
        'Scheduled',
        'SnoozeJobError',
        'WarrenError',
        'backoffs',
        'bootstrapWorker',
        'custom',
        'defineJob',
        'exponential',
        'findingLines',
        'fixed',
        'getJobConnectionToken',
        'getJobEventsToken',
        'getJobQueueToken',
        'getJobStorageToken',
        'getJobWorkerToken',
        'isJobContext',
        'isWarrenError',
        'linear',
      ],
    ],
    [
      'nestjs-warren/ports',
      ports,
      [
        'ATTEMPTS_KEPT',
        'ConfigurationError',
        'ERROR_CODES',
        'FAILURE_REASONS',
        'FURTHEST_TURN_MS',
        'JOB_STATES',
        'LEAST_TURN_MS',
        'MOST_TURN_MS',
        'SLOT_KEPT_MS',
        'LARGEST_SIGNAL_BYTES',
        'LATE_MESSAGE_MS',
        'LINES_KEPT',
        'MOST_SCHEDULE_NAME_BYTES',
        'SignalAudience',
        'TRANSITIONS',
        'UNFINISHED_KEPT_MS',
        'WARREN_VERSION',
        'WarrenError',
        'captureContext',
        'checkGroup',
        'durationBetween',
        'isFinal',
        'isWarrenError',
        'kindOf',
        'mayLead',
        'nameUpTo',
        'objectWith',
        'optional',
        'readCursor',
        'readSignalBody',
        'redactUrls',
        'settleOnce',
        'silentLogger',
        'systemClock',
        'systemRandom',
        'withDefault',
        'writeCursor',
        'writeSignalBody',
      ],
    ],
    [
      'nestjs-warren/operate',
      operate,
      [
        'DeadLetters',
        'JobTypes',
        'Jobs',
        'Queues',
        'Schedules',
        'SettingsDoor',
        'Topology',
        'changeJobs',
        'createWorkers',
        'deadLetterChooser',
        'findingLines',
        'selectJobs',
      ],
    ],
    [
      'nestjs-warren/standalone',
      standalone,
      ['JobContext', 'NonRetryableJobError', 'RetryJobError', 'SnoozeJobError', 'Warren'],
    ],
    [
      'nestjs-warren/testing',
      testing,
      [
        'BrokerFaults',
        'Harness',
        'ManualClock',
        'MemoryBroker',
        'Recorder',
        'brokerCases',
        'brokerContract',
        'createMemoryBroker',
        'flakyBroker',
        'jobStoreCases',
        'jobStoreContract',
        'seededRandom',
        'settled',
        'signalsCases',
        'signalsContract',
        'startHarness',
        'until',
      ],
    ],
  ] as const)('%s', (_entry, names, expected) => {
    expect(Object.keys(names).sort()).toEqual([...expected].sort());
  });
});

describe('error codes', () => {
  const sources = productSources();

  it.each(Object.keys(main.ERROR_CODES))('%s is raised somewhere', (code) => {
    expect(sources).toContain(`'${code}'`);
  });
});
