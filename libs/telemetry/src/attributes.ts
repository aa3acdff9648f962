import type { Label } from './names.js';

/** Of spans, and of OpenTelemetry's metrics. Those of `messaging.` and `error.` are OpenTelemetry's own. */
export const ATTRIBUTES = {
  system: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  routingKey: 'messaging.rabbitmq.destination.routing_key',
  messageId: 'messaging.message.id',
  conversationId: 'messaging.message.conversation_id',
  clientId: 'messaging.client.id',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
  connection: 'warren.connection',
  queue: 'warren.queue',
  jobType: 'warren.job.type',
  attempt: 'warren.job.attempt',
  maxAttempts: 'warren.job.max_attempts',
  outcome: 'warren.job.outcome',
  reason: 'warren.job.failure_reason',
  waitMs: 'warren.job.wait_ms',
  redelivered: 'warren.job.redelivered',
  state: 'warren.state',
  storeOperation: 'warren.store.operation',
  schedule: 'warren.schedule.name',
  plannedAt: 'warren.schedule.planned_at',
  lagMs: 'warren.schedule.lag_ms',
  // What Sentry's page of queues reads.
  sentryLatency: 'messaging.message.receive.latency',
  sentryRetries: 'messaging.message.retry.count',
} as const;

/** What each label is called among the attributes of OpenTelemetry's metrics. */
export const LABEL_ATTRIBUTES: Readonly<Record<Label, string>> = {
  connection: ATTRIBUTES.connection,
  queue: ATTRIBUTES.destination,
  job_type: ATTRIBUTES.jobType,
  outcome: ATTRIBUTES.outcome,
  reason: ATTRIBUTES.errorType,
  state: ATTRIBUTES.state,
  schedule: ATTRIBUTES.schedule,
  op: ATTRIBUTES.storeOperation,
};
