import type { OwnPolicy } from '../job/envelope.js';
import type { Policy, PolicyOptions } from '../job/policy.js';
import { ConfigurationError, WarrenError } from '../kernel/errors/index.js';
import { brokerChoice } from './connection.js';
import type { JobStore } from '../ports/job-store.js';
import type { Environment } from './environment.js';
import { logSettings } from './log.js';
import { MODULE, checkJobsOptions, type JobsOptions } from './module.js';
import { POLICY } from './policy.js';
import { queueSettings } from './queue.js';
import { retentionOf } from './retention.js';
import { removeAfterMs } from './schedule.js';
import { storeChoice } from './store.js';
import type { PolicyLayer, QueueDirectory, QueueSettings, Settings, StoreChoice } from './settings.js';
import { workerSettings } from './worker.js';

/**
 * Options -> settings: checked, complete, frozen. And the one function of precedence:
 * job > handler > definition > queue > module > built-in.
 */

/**
 * @throws ConfigurationError listing every problem; WarrenError WARREN_IN_MEMORY_REFUSED when jobs of a production
 * process would live in it alone and nobody allowed that.
 */
export function resolveOptions(
  options: JobsOptions,
  environment: Environment,
  facts: { readonly workerName: string; readonly cores: number },
): Settings {
  const problems = checkJobsOptions(options);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const broker = brokerChoice(options, facts.workerName);
  const store = storeChoice(options, broker);
  const refusesInMemory = environment.production && !MODULE.allowInMemory.resolve(options.allowInMemory);
  if (refusesInMemory && broker.kind === 'memory') throw inMemoryRefused(options);
  const requireStoreAllowed = ({ kind }: JobStore) => {
    if (refusesInMemory && kind === 'memory') throw storeInMemoryRefused();
  };
  if (store.kind === 'given') requireStoreAllowed(store.store);
  const worker = MODULE.worker.resolve(options.worker);
  return Object.freeze({
    app: MODULE.app.resolve(options.app),
    connection: MODULE.connection.resolve(options.connection),
    broker,
    store,
    requireStoreAllowed,
    maxRememberedBytes: MODULE.maxRememberedBytes.resolve(options.maxRememberedBytes),
    publishTimeoutMs: MODULE.publishTimeout.resolve(options.publishTimeout),
    maxPayloadBytes: MODULE.maxPayloadBytes.resolve(options.maxPayloadBytes),
    queues: queueDirectory(options, store),
    worker: worker && workerSettings(worker, facts),
    schedules:
      options.schedules !== false && Object.freeze({ removeAfterMs: removeAfterMs(options.schedules) }),
    unprovidedHandlers:
      MODULE.unprovidedHandlers.resolve(options.unprovidedHandlers) ??
      (environment.test ? 'ignore' : 'error'),
    globalEnhancers: MODULE.globalEnhancers.resolve(options.globalEnhancers),
    log: logSettings(options.log),
    onJobError: MODULE.onJobError.resolve(options.onJobError),
  });
}

/** The same settings with another store, which registered itself; what it is to keep follows from what it is. */
export function withStore(settings: Settings, options: JobsOptions, store: StoreChoice): Settings {
  return Object.freeze({ ...settings, store, queues: queueDirectory(options, store) });
}

/** A store in memory that nobody chose must not fill the process: finished jobs of one type and state at most. */
const COUNT_IN_MEMORY = 10_000;

function queueDirectory(options: JobsOptions, store: StoreChoice): QueueDirectory {
  const keptOfOthers = store.kind === 'memory' ? COUNT_IN_MEMORY : undefined;
  const queues = new Map(Object.entries(options.queues ?? {}).map(([name, said]) => [name, said ?? {}]));
  const typeOfOthers = MODULE.queueType.resolve(options.queueType);
  // Asked for at every job, so made once for each queue.
  const known = new Map<string, QueueSettings>();
  const settingsOf = (name: string): QueueSettings => {
    let settings = known.get(name);
    if (!settings) known.set(name, (settings = queueSettings(name, queues.get(name) ?? {}, typeOfOthers)));
    return settings;
  };
  return Object.freeze({
    isListed: (name: string) => queues.has(name),
    listed: Object.freeze([...queues.keys()]),
    settingsOf,
    saidOf: (name: string) => saidOf(name, options),
    policyOf: (name: string, handler: PolicyLayer, definition: PolicyLayer) =>
      policyOf(
        [handler, definition, queues.get(name), options.defaults],
        settingsOf(name).maxAttempts,
        keptOfOthers,
      ),
  });
}

function saidOf(name: string, { queues, defaults, queueType, worker }: JobsOptions) {
  const own = worker ? worker.queues?.[name]?.concurrency : undefined;
  return {
    queue: { ...queues?.[name], concurrency: own, concurrencyByKey: queues?.[name]?.concurrency },
    module: { ...defaults, type: queueType, concurrency: worker ? worker.concurrency : undefined },
  };
}

/** The first layer that says something decides, option by option; the built-in defaults come last. */
function policyOf(
  layers: readonly PolicyLayer[],
  maxAttempts: number,
  keptOfOthers: number | undefined,
): Policy {
  const said = <Name extends keyof PolicyOptions>(name: Name): PolicyOptions[Name] =>
    layers.find((layer) => layer?.[name] !== undefined)?.[name];
  return Object.freeze({
    attempts: Math.min(POLICY.attempts.resolve(said('attempts')), maxAttempts),
    backoff: POLICY.backoff.resolve(said('backoff')),
    timeoutMs: POLICY.timeout.resolve(said('timeout')),
    deadlineMs: POLICY.deadline.resolve(said('deadline')),
    ttlMs: POLICY.ttl.resolve(said('ttl')),
    retryIf: POLICY.retryIf.resolve(said('retryIf')),
    track: POLICY.track.resolve(said('track')),
    retention: retentionOf(layers, keptOfOthers),
    discardStates: POLICY.discardStates.resolve(said('discardStates')),
  });
}

/** What the job itself asks for, over the policy of its handler. Returns that very policy when it asks for nothing. */
export function applyOwn(policy: Policy, own: OwnPolicy, maxAttempts: number): Policy {
  const attempts = Math.min(own.maxAttempts ?? policy.attempts, maxAttempts);
  const asksForNothing =
    attempts === policy.attempts &&
    own.timeoutMs === undefined &&
    own.ttlMs === undefined &&
    own.backoff === undefined;
  if (asksForNothing) return policy;
  return {
    attempts,
    backoff: own.backoff ?? policy.backoff,
    timeoutMs: own.timeoutMs ?? policy.timeoutMs,
    deadlineMs: policy.deadlineMs,
    ttlMs: own.ttlMs ?? policy.ttlMs,
    retryIf: policy.retryIf,
    track: policy.track,
    retention: policy.retention,
    discardStates: policy.discardStates,
  };
}

function inMemoryRefused({ broker }: JobsOptions): WarrenError {
  const why =
    broker === 'memory'
      ? "the option broker is 'memory'"
      : 'no broker URL is given (the option url is undefined)';
  return new WarrenError(
    'WARREN_IN_MEMORY_REFUSED',
    `NODE_ENV is production and ${why}, so jobs would live in this process and be lost when it ends. Give url: 'amqp://…', or allowInMemory: true if that is meant.`,
  );
}

function storeInMemoryRefused(): WarrenError {
  return new WarrenError(
    'WARREN_IN_MEMORY_REFUSED',
    'NODE_ENV is production and the option store is one in memory: each process would remember its own part of a job, and forget it when it ends. Give a RedisJobStore, leave store out, or give allowInMemory: true if that is meant.',
  );
}
