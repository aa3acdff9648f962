/** For writers of adapters: port types, errors and what crosses the ports. Loads neither Nest nor amqplib. */
export type { EncodedPayload, HeaderValue, Message } from './job/message.js';
export { FAILURE_REASONS, type FailureReason } from './job/envelope.js';
export { JOB_STATES, TRANSITIONS, isFinal, mayLead, type JobEvent, type JobState } from './job/states.js';
export { systemClock, type Clock, type Timer } from './kernel/clock.js';
export { captureContext, type Detached } from './kernel/detached.js';
export type { Duration } from './kernel/duration.js';
export {
  ConfigurationError,
  ERROR_CODES,
  WarrenError,
  isWarrenError,
  redactUrls,
  type ErrorCode,
  type ErrorDescription,
} from './kernel/errors/index.js';
export { silentLogger, type LogFields, type Logger } from './kernel/logger.js';
export { systemRandom, type Random } from './kernel/random.js';
export { checkGroup, kindOf, optional, withDefault, type Declares, type Option } from './options/describe.js';
export { durationBetween, nameUpTo, objectWith } from './options/kinds.js';
export { WARREN_VERSION } from './kernel/version.js';
export type {
  Broker,
  BrokerStatus,
  ConsumeOptions,
  Consumption,
  DeadLetter,
  DeadLetterDecision,
  DeadLetterVisitor,
  DeliveryListener,
  PublishTarget,
  QueueSpec,
  QueueStats,
} from './ports/broker.js';
export type { BrokerObject, BrokerOperations } from './ports/broker-operations.js';
export type { Finding, FindingLevel, InspectOptions, QueueNeeds } from './ports/finding.js';
export type { BrokerCaps, CapName, QueueCaps } from './ports/queue-caps.js';
export { settleOnce, type Delivery, type SettleResult, type Settlement } from './ports/delivery.js';
export {
  ATTEMPTS_KEPT,
  LINES_KEPT,
  type Cancellation,
  type EndedAttempt,
  type JobRecord,
  type LogLine,
} from './ports/job-record.js';
export type { JobStore, StoreFacet, StoreHost, StoreStatus } from './ports/job-store.js';
export { readCursor, writeCursor, type PagePosition } from './ports/page-cursor.js';
export { SignalAudience } from './ports/signal-audience.js';
export { LARGEST_SIGNAL_BYTES, readSignalBody, writeSignalBody } from './ports/signal-body.js';
export type { Signal, SignalListener, SignalTopic, Signals } from './ports/signals.js';
export {
  FURTHEST_TURN_MS,
  LEAST_TURN_MS,
  MOST_TURN_MS,
  SLOT_KEPT_MS,
  type HeldTicket,
  type LimitAnswer,
  type LimitRequest,
  type LimitResource,
  type LimitRule,
  type LimitStore,
  type LimitValue,
  type RateLimit,
  type RateRule,
  type Room,
  type RoomListener,
  type SlotLimit,
  type SlotRule,
  type TicketEnd,
} from './ports/store-limits.js';
export type { JobPage, JobQuery, ReadStore, UniqueStore } from './ports/store-reads.js';
export {
  MOST_SCHEDULE_NAME_BYTES,
  type Leadership,
  type NewSchedule,
  type ScheduleOrigin,
  type ScheduleRecord,
  type ScheduleStep,
  type ScheduleStore,
  type ScheduledJob,
} from './ports/store-schedules.js';
export {
  LATE_MESSAGE_MS,
  UNFINISHED_KEPT_MS,
  type CancelAnswer,
  type Claim,
  type ClaimAnswer,
  type DiscardAnswer,
  type EnqueueFailure,
  type Ending,
  type Fence,
  type FinishAnswer,
  type Keep,
  type NewJob,
  type RecordStore,
  type RecordedOutcome,
  type ReopenAnswer,
  type Reopening,
  type Report,
} from './ports/store-records.js';
export type {
  RegistryStore,
  SettingChange,
  SettingName,
  SettingScope,
  StoredSetting,
  StoredSettings,
  WorkerNote,
} from './ports/store-registry.js';
