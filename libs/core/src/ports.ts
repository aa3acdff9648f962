/** For writers of adapters: port types, errors and what crosses the ports. Loads neither Nest nor amqplib. */
export type { EncodedPayload, HeaderValue, Message } from './job/message.js';
export type { FailureReason } from './job/envelope.js';
export { systemClock, type Clock, type Timer } from './kernel/clock.js';
export { captureContext, type Detached } from './kernel/detached.js';
export {
  ERROR_CODES,
  WarrenError,
  isWarrenError,
  redactUrls,
  type ErrorCode,
} from './kernel/errors/index.js';
export { silentLogger, type Logger } from './kernel/logger.js';
export { systemRandom, type Random } from './kernel/random.js';
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
export type { Finding, FindingLevel, InspectOptions, QueueNeeds } from './ports/finding.js';
export { settleOnce, type Delivery, type SettleResult, type Settlement } from './ports/delivery.js';
