/**
 * Every metric and its labels: the one place where they are named (attributes of spans: attributes.ts). Dashboard, alert
 * rules and documentation are held to this file by tests.
 */

export type Label = 'connection' | 'queue' | 'job_type' | 'outcome' | 'reason' | 'state' | 'schedule' | 'op';

export interface Metric {
  /** For Prometheus; undefined: OpenTelemetry alone has it. */
  readonly name?: string;
  /** For OpenTelemetry; undefined: Prometheus alone has it. */
  readonly otel?: string;
  readonly kind: 'counter' | 'histogram' | 'gauge';
  readonly help: string;
  /** OpenTelemetry's; a name for Prometheus has it in the name. */
  readonly unit: string;
  /** Besides `connection`. */
  readonly labels: readonly Label[];
  /** The same for the whole application: one process reports it. */
  readonly isOfCluster?: true;
  /** A counter that somebody else counts: it is read as a gauge is. */
  readonly isRead?: true;
}

const QUEUE = ['queue'] as const;
const TYPE = ['queue', 'job_type'] as const;

export const METRICS = {
  enqueued: {
    name: 'warren_jobs_enqueued_total',
    otel: 'messaging.client.sent.messages',
    kind: 'counter',
    help: 'Jobs that the broker has confirmed.',
    unit: '{message}',
    labels: TYPE,
  },
  enqueueErrors: {
    name: 'warren_enqueue_errors_total',
    kind: 'counter',
    help: 'Jobs that the broker did not take, by reason.',
    unit: '{message}',
    labels: [...TYPE, 'reason'],
  },
  publishConfirm: {
    name: 'warren_publish_confirm_seconds',
    otel: 'messaging.client.operation.duration',
    kind: 'histogram',
    help: 'From the enqueue to the confirm of the broker, what the job store is asked in between included.',
    unit: 's',
    labels: QUEUE,
  },
  started: {
    otel: 'messaging.client.consumed.messages',
    kind: 'counter',
    help: 'Attempts that began.',
    unit: '{message}',
    labels: TYPE,
  },
  attempts: {
    name: 'warren_job_attempts_total',
    otel: 'warren.job.attempts',
    kind: 'counter',
    help: 'Attempts that ended, and deliveries that left without one, by outcome.',
    unit: '{attempt}',
    labels: [...TYPE, 'outcome'],
  },
  finished: {
    name: 'warren_jobs_finished_total',
    kind: 'counter',
    help: 'Jobs that came to their end, by state.',
    unit: '{job}',
    labels: [...TYPE, 'state'],
  },
  duration: {
    name: 'warren_job_duration_seconds',
    otel: 'messaging.process.duration',
    kind: 'histogram',
    help: 'From the start of an attempt until its outcome was settled.',
    unit: 's',
    labels: [...TYPE, 'outcome'],
  },
  wait: {
    name: 'warren_job_wait_seconds',
    otel: 'warren.job.wait.duration',
    kind: 'histogram',
    help: 'From the instant at which an attempt was due until it started.',
    unit: 's',
    labels: TYPE,
  },
  endToEnd: {
    name: 'warren_job_end_to_end_seconds',
    kind: 'histogram',
    help: 'From the enqueue of a job to its end, for jobs that ran.',
    unit: 's',
    labels: TYPE,
  },
  rejected: {
    name: 'warren_messages_rejected_total',
    kind: 'counter',
    help: 'Messages that came and could not run, by reason.',
    unit: '{message}',
    labels: [...QUEUE, 'reason'],
  },
  scheduleRuns: {
    name: 'warren_schedule_runs_total',
    kind: 'counter',
    help: 'Occurrences of schedules that this process made jobs of.',
    unit: '{occurrence}',
    labels: ['schedule'],
  },
  scheduleLag: {
    name: 'warren_schedule_lag_seconds',
    otel: 'warren.schedule.lag',
    kind: 'histogram',
    help: 'From the instant of an occurrence until its job was enqueued.',
    unit: 's',
    labels: ['schedule'],
  },
  loopBlocked: {
    name: 'warren_event_loop_blocked_seconds_total',
    kind: 'counter',
    help: 'Time in which the event loop stood still for a second or more while jobs were in progress.',
    unit: 's',
    labels: [],
  },
  active: {
    name: 'warren_jobs_active',
    otel: 'warren.job.active',
    kind: 'gauge',
    help: 'Handlers that run in this process.',
    unit: '{job}',
    labels: QUEUE,
  },
  concurrency: {
    name: 'warren_worker_concurrency',
    kind: 'gauge',
    help: 'Attempts at once that this process runs of a queue.',
    unit: '{job}',
    labels: QUEUE,
  },
  zombies: {
    name: 'warren_jobs_zombie',
    kind: 'gauge',
    help: 'Handlers that still run although their attempt was given up.',
    unit: '{job}',
    labels: [],
  },
  brokerUp: {
    name: 'warren_broker_up',
    kind: 'gauge',
    help: '1: connected to the broker.',
    unit: '1',
    labels: [],
  },
  brokerBlocked: {
    name: 'warren_broker_blocked',
    kind: 'gauge',
    help: '1: the broker takes no publishes, by an alarm of its own.',
    unit: '1',
    labels: [],
  },
  brokerReconnects: {
    name: 'warren_broker_reconnects_total',
    otel: 'warren.broker.reconnects',
    kind: 'counter',
    help: 'Connections to the broker that were made anew, as the one before was lost.',
    unit: '{connection}',
    labels: [],
    isRead: true,
  },
  storeOperation: {
    name: 'warren_store_operation_seconds',
    otel: 'warren.store.operation.duration',
    kind: 'histogram',
    help: 'Calls of the job store by the way of a job, of one job or many, by operation.',
    unit: 's',
    labels: ['op'],
  },
  storeErrors: {
    name: 'warren_store_errors_total',
    otel: 'warren.store.errors',
    kind: 'counter',
    help: 'Those that were not answered in time, or with an error.',
    unit: '{call}',
    labels: ['op'],
  },
  storeConflicts: {
    name: 'warren_store_conflicts_total',
    otel: 'warren.store.conflicts',
    kind: 'counter',
    help: 'Ends of runs that the job store did not take, as another run or message of the job owned it by then.',
    unit: '{attempt}',
    labels: [],
    isRead: true,
  },
  storeUp: {
    name: 'warren_store_up',
    kind: 'gauge',
    help: '1: the job store answers.',
    unit: '1',
    labels: [],
  },
  storeLate: {
    name: 'warren_store_late_writes',
    kind: 'gauge',
    help: 'Writes kept in this process until the job store is back.',
    unit: '{write}',
    labels: [],
  },
  storeDropped: {
    name: 'warren_store_dropped_writes',
    kind: 'gauge',
    help: 'Writes lost since the start of this process.',
    unit: '{write}',
    labels: [],
  },
  limitsUnknown: {
    name: 'warren_limits_unknown',
    kind: 'gauge',
    help: '1: the job store does not say what limits over all workers allow.',
    unit: '1',
    labels: [],
  },
  schedulerLeader: {
    name: 'warren_scheduler_leader',
    kind: 'gauge',
    help: '1: this process makes the jobs of schedules; 0: it would, if it led.',
    unit: '1',
    labels: [],
  },
  depth: {
    name: 'warren_queue_depth',
    otel: 'warren.queue.depth',
    kind: 'gauge',
    help: 'Jobs of a queue: ready and dead as the broker counts them, scheduled, retrying and active as the job store does.',
    unit: '{job}',
    labels: [...QUEUE, 'state'],
    isOfCluster: true,
  },
  oldestAge: {
    name: 'warren_queue_oldest_age_seconds',
    otel: 'warren.queue.oldest.age',
    kind: 'gauge',
    help: 'Age of the job that has waited longest for its first attempt, of those that were due at once.',
    unit: 's',
    labels: QUEUE,
    isOfCluster: true,
  },
  consumers: {
    name: 'warren_queue_consumers',
    kind: 'gauge',
    help: 'Workers that take jobs from a queue.',
    unit: '{worker}',
    labels: QUEUE,
    isOfCluster: true,
  },
  paused: {
    name: 'warren_queue_paused',
    kind: 'gauge',
    help: '1: the queue is paused.',
    unit: '1',
    labels: QUEUE,
    isOfCluster: true,
  },
  schedules: {
    name: 'warren_schedules',
    kind: 'gauge',
    help: 'Schedules, by state; failing: its last occurrence made no job.',
    unit: '{schedule}',
    labels: ['state'],
    isOfCluster: true,
  },
  reporter: {
    name: 'warren_cluster_reporter',
    kind: 'gauge',
    help: '1: this process reports the figures of the whole application.',
    unit: '1',
    labels: [],
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricKey = keyof typeof METRICS;
type OfKind<Kind> = {
  [Key in MetricKey]: (typeof METRICS)[Key]['kind'] extends Kind ? Key : never;
}[MetricKey];
type ReadCounterKey = {
  [Key in MetricKey]: (typeof METRICS)[Key] extends { isRead: true } ? Key : never;
}[MetricKey];
export type CounterKey = Exclude<OfKind<'counter'>, ReadCounterKey>;
export type HistogramKey = OfKind<'histogram'>;
/** Those that are read when somebody asks. */
export type GaugeKey = OfKind<'gauge'> | ReadCounterKey;

export const METRIC_KEYS = Object.keys(METRICS) as readonly MetricKey[];

/** 1 with the version as a label: the one metric with labels of its own. */
export const BUILD_INFO = {
  name: 'warren_build_info',
  help: 'Always 1; the label says which version of Warren runs.',
} as const;
