import type { Limits } from '../job/limits.js';
import type { PriorityPolicy } from '../job/priority.js';
import type { Policy, PolicyOptions } from '../job/policy.js';
import type { Broker, QueueSpec } from '../ports/broker.js';
import type { JobStore } from '../ports/job-store.js';
import type { JobErrorHook } from './error-hook.js';

/** Options after validation and defaults: complete, frozen, numbers instead of durations. All other code sees these. */
export interface Settings {
  /** First part of every name at the broker. */
  readonly app: string;
  /** Name of this connection among those of the application. */
  readonly connection: string;
  readonly broker: BrokerChoice;
  readonly store: StoreChoice;
  /** @throws WarrenError WARREN_IN_MEMORY_REFUSED where production would remember its jobs in this process alone. */
  readonly requireStoreAllowed: (store: JobStore) => void;
  /** Payloads and results up to this many bytes of JSON are remembered. */
  readonly maxRememberedBytes: number;
  /** Enqueue waits this long for connection, room and confirm together. */
  readonly publishTimeoutMs: number;
  readonly maxPayloadBytes: number;
  readonly queues: QueueDirectory;
  /** False: this process only enqueues. */
  readonly worker: WorkerSettings | false;
  /** False: this process neither declares schedules nor makes their jobs. */
  readonly schedules: { readonly removeAfterMs: number } | false;
  /** Whether guards, interceptors, pipes and filters that the application registered globally run for jobs. */
  readonly globalEnhancers: boolean;
  /** What is done at boot about classes with handlers that no module provides. */
  readonly unprovidedHandlers: 'error' | 'warn' | 'ignore';
  readonly log: LogSettings;
  readonly onJobError: JobErrorHook | undefined;
}

export interface LogSettings {
  /** Which attempts get a line: all, or those that did not complete. */
  readonly attempts: 'all' | 'problems';
  /** Whether lines about jobs come with an object. */
  readonly fields: boolean;
}

export type BrokerChoice =
  | { readonly kind: 'rabbitmq'; readonly rabbitmq: RabbitMqSettings }
  /** Jobs live in this process and end with it. */
  | { readonly kind: 'memory' }
  | { readonly kind: 'given'; readonly broker: Broker };

export type StoreChoice =
  | { readonly kind: 'none' }
  /** Made by Warren: it knows this process alone, and ends with it. */
  | { readonly kind: 'memory' }
  | { readonly kind: 'given'; readonly store: JobStore };

export interface RabbitMqSettings {
  readonly app: string;
  /** At least one; tried in turn. */
  readonly urls: readonly string[];
  /** RabbitMQ's management API, for the broker check; undefined: it does without. */
  readonly managementUrl: string | undefined;
  /** False: exchanges and queues are made by somebody else, and only looked for. */
  readonly declare: boolean;
  readonly publishTimeoutMs: number;
  /** Publishes on their way at most. */
  readonly maxUnconfirmed: number;
  readonly maxUnconfirmedBytes: number;
  /** Delay levels are declared with this type too. */
  readonly queueType: 'quorum' | 'classic';
  /** Interval of AMQP's own sign of life. */
  readonly connectionHeartbeatMs: number;
  readonly connectTimeoutMs: number;
  /** Shown in RabbitMQ's list of connections. */
  readonly connectionName: string;
}

export interface QueueSettings {
  readonly spec: QueueSpec;
  /** No job of the queue is tried more often, whatever it asks for. */
  readonly maxAttempts: number;
  /** Over all workers; undefined: none. */
  readonly limits: Limits | undefined;
  /** Says nothing where the queue has no priorities. */
  readonly priorityPolicy: PriorityPolicy;
}

/** What is known of queues: those listed in the options, and the defaults for all others. */
export interface QueueDirectory {
  /** Whether the queue is listed under `queues`. */
  isListed(queue: string): boolean;
  /** Names under `queues`. */
  readonly listed: readonly string[];
  settingsOf(queue: string): QueueSettings;
  /** As they were given, for those who show where a setting comes from: of that queue, and what the module says for all. */
  saidOf(queue: string): { readonly queue: unknown; readonly module: unknown };
  /** Policy of a handler's jobs: handler > definition > queue > module > built-in. Frozen. */
  policyOf(queue: string, handler: PolicyLayer, definition: PolicyLayer): Policy;
}

export type PolicyLayer = PolicyOptions | undefined;

export interface WorkerSettings {
  /** Queues under `worker.queues`. */
  readonly listed: readonly string[];
  /** Attempts at once in this process from that queue. */
  concurrencyOf(queue: string): number;
  /** All queues share so many slots, by their weights; undefined: each has its own. */
  readonly weights: { readonly slots: number; of(queue: string): number } | undefined;
  /** Attempts at once in this process, by what the handler is for; undefined: none is limited. */
  readonly handlerLimits: ReadonlyMap<string, number> | undefined;
  readonly shutdownTimeoutMs: number;
  /** False: nothing is consumed until `worker.start()`. */
  readonly autoStart: boolean;
  readonly threads: ThreadSettings;
}

/** For handlers with `isolation: 'thread'`. */
export interface ThreadSettings {
  /** File that starts the application in a thread; undefined: `bootstrapWorker` says it. */
  readonly entry: URL | undefined;
  /** Threads at most. */
  readonly max: number;
  readonly startTimeoutMs: number;
  /** Of one thread; undefined: Node's own limit. */
  readonly maxHeapBytes: number | undefined;
}
