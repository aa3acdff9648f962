import { withAttempt, type AttemptRecord } from '../job/attempt.js';
import { withDeath, withNextAttempt, withSnooze, type Envelope } from '../job/envelope.js';
import type { JobOutcome } from '../job/outcome.js';
import { bodyOf, toMessage, toRejectedMessage } from '../job/wire.js';
import { sleep, type Clock } from '../kernel/clock.js';
import { describeError, type ErrorDescription } from '../kernel/errors/index.js';
import type { IdSource } from '../kernel/ids.js';
import type { Broker } from '../ports/broker.js';
import type { Delivery } from '../ports/delivery.js';
import { within } from '../kernel/within.js';

/**
 * Outcome -> broker operations, in the only safe order: what must be published is confirmed before the delivery is
 * acked. The only caller of ack, giveBack and reject.
 */
export interface SettleParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly workerName: string;
}

export type SettleReport =
  /** The broker has the outcome. */
  | { readonly kind: 'settled' }
  /** All but the ack, which was lost with its channel: the message comes again. */
  | { readonly kind: 'ackLost' }
  /**
   * Acked, as another message or run of the job owns it. Not to be remembered: if that run's worker dies, the broker
   * may hand the very message to this process, and then it has to run.
   */
  | { readonly kind: 'left' }
  /** Nothing is changed at the broker: the message comes again. */
  | { readonly kind: 'givenBack' }
  | { readonly kind: 'settleFailed'; readonly error: ErrorDescription };

/** How long a job whose outcome could not be published is kept before it is given back: no tight loop. */
const FAILED_SETTLE_PAUSE_MS = 1_000;

/** How long shutdown waits for the broker to take back what it interrupted. */
const INTERRUPTED_PUBLISH_MS = 2_000;

/** A full queue refuses what is published to it straight; through the delays a job enters once there is room. */
const LEAST_DELAY_MS = 1;

/** A job that arrived, and when its attempt began. */
export interface Run {
  readonly delivery: Delivery;
  readonly envelope: Envelope;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** False: it was turned away before its handler ran, which spends no attempt. */
  readonly isAttempt: boolean;
  /** While its worker is quiet nothing new starts, and nothing may be waited for without end. */
  readonly slot: { readonly isQuiet: boolean };
}

/** A promise only where something is published first. */
export function settle(
  run: Run,
  outcome: JobOutcome,
  parts: SettleParts,
): SettleReport | Promise<SettleReport> {
  const { delivery, envelope } = run;
  const { broker, clock, ids } = parts;
  switch (outcome.kind) {
    case 'completed':
      return ack(delivery);
    case 'retry': {
      const history = withAttempt(envelope.history, recordOf(run, outcome.error, parts));
      return publishThenAck(run, parts, publishOfNext(run, outcome.delayMs, parts, history));
    }
    case 'snoozed':
      return publishThenAck(run, parts, publishOfNext(run, outcome.delayMs, parts));
    case 'failed': {
      const { reason, error } = outcome;
      const death = { reason, failedAt: clock.now(), error: `${error.name}: ${error.message}` };
      const history = run.isAttempt
        ? withAttempt(envelope.history, recordOf(run, error, parts))
        : envelope.history;
      const dead = withDeath(envelope, { death, history, token: ids.token() });
      const message = toMessage(dead, bodyOf(delivery.message));
      return publishThenAck(run, parts, () => broker.bury(message, envelope.queue));
    }
    case 'cancelled':
      return ack(delivery);
    case 'duplicate':
      ack(delivery);
      return { kind: 'left' };
    case 'interrupted':
      return settleInterrupted(run, parts);
    case 'lost':
      return { kind: 'givenBack' };
  }
}

/** Of a message whose run ended here before, and only its ack was lost. */
export function settleEnded(delivery: Delivery): SettleReport {
  return ack(delivery);
}

/**
 * Puts a job behind the delays as it is: the same message, with the same generation and token, which spends nothing
 * and is told to nobody. Whatever copies of it come of that are known as such.
 */
export function settleAside(
  from: Pick<Run, 'delivery' | 'slot'>,
  envelope: Envelope,
  delayMs: number,
  parts: SettleParts,
): Promise<SettleReport> {
  const message = toMessage(
    { ...envelope, token: envelope.token ?? parts.ids.token() },
    bodyOf(from.delivery.message),
  );
  return publishThenAck(from, parts, () => parts.broker.publish(message, { queue: envelope.queue, delayMs }));
}

/** Returns a delivery whose run did not begin. */
export function giveBackUnstarted(delivery: Delivery): void {
  delivery.settlement.giveBack();
}

/** Returns a delivery that was left unsettled by an error of Warren's own; one that was settled stays so. */
export async function giveBackAfterBug(delivery: Delivery, clock: Clock): Promise<void> {
  await sleep(clock, FAILED_SETTLE_PAUSE_MS);
  try {
    delivery.settlement.giveBack();
  } catch {
    // Settled before the error: nothing is left to do.
  }
}

/**
 * Puts a message that is no job into the dead letters as it came. If even that fails, the queue's own dead-letter
 * exchange takes it.
 */
export async function settleUndecodable(
  delivery: Delivery,
  error: ErrorDescription,
  { broker, clock }: SettleParts,
): Promise<SettleReport> {
  try {
    await broker.bury(
      toRejectedMessage(delivery.message, delivery.queue, error.message, clock.now()),
      delivery.queue,
    );
  } catch {
    return delivery.settlement.reject() === 'sent' ? { kind: 'settled' } : { kind: 'ackLost' };
  }
  return ack(delivery);
}

/**
 * Before RabbitMQ 4.3 a message given back counts as one that failed, and a few shutdowns would make a long job
 * poison: a new message of the same attempt takes its place.
 */
async function settleInterrupted(run: Run, parts: SettleParts): Promise<SettleReport> {
  const { delivery } = run;
  const { broker, clock } = parts;
  const mayPublish = broker.status().state === 'connected' && !delivery.settlement.isLost;
  const isPublished =
    mayPublish &&
    (await within(publishOfNext(run, 0, parts)(), INTERRUPTED_PUBLISH_MS, clock).catch(() => false));
  if (isPublished) {
    ack(delivery);
    return { kind: 'settled' };
  }
  return giveBack(delivery);
}

/**
 * The next attempt, with the history of those before; without one, the same attempt again. However often it is
 * published, it is the same message, with one token: the copies are known as such.
 */
function publishOfNext(
  { delivery, envelope }: Run,
  delayMs: number,
  { broker, clock, ids }: SettleParts,
  history?: readonly AttemptRecord[],
): () => Promise<void> {
  const dueInMs = Math.max(LEAST_DELAY_MS, delayMs);
  const due = { notBefore: clock.now() + dueInMs, token: ids.token() };
  const madeAt = clock.elapsed();
  const next = history ? withNextAttempt(envelope, { ...due, history }) : withSnooze(envelope, due);
  const message = toMessage(next, bodyOf(delivery.message));
  return () =>
    broker.publish(message, {
      queue: envelope.queue,
      delayMs: Math.max(LEAST_DELAY_MS, dueInMs - (clock.elapsed() - madeAt)),
    });
}

/**
 * While the broker is away or blocks publishers, the job keeps its slot and waits. Given back it would run again and
 * fail again all that time, and before RabbitMQ 4.3 each time would count towards the delivery limit: an alarm of a
 * minute would make poison of it.
 */
async function publishThenAck(
  { delivery, slot }: Pick<Run, 'delivery' | 'slot'>,
  { broker, clock }: SettleParts,
  publish: () => Promise<void>,
): Promise<SettleReport> {
  for (;;) {
    // Somebody else may have the job by now: a successor from here would be a second one.
    if (delivery.settlement.isLost) return giveBack(delivery);
    try {
      await publish();
      return ack(delivery);
    } catch (error) {
      const { state } = broker.status();
      await sleep(clock, FAILED_SETTLE_PAUSE_MS);
      if ((state === 'blocked' || state === 'connecting') && !slot.isQuiet) continue;
      delivery.settlement.giveBack();
      return { kind: 'settleFailed', error: describeError(error) };
    }
  }
}

function giveBack(delivery: Delivery): SettleReport {
  delivery.settlement.giveBack();
  return { kind: 'givenBack' };
}

function ack(delivery: Delivery): SettleReport {
  return delivery.settlement.ack() === 'sent' ? { kind: 'settled' } : { kind: 'ackLost' };
}

function recordOf(run: Run, error: ErrorDescription, { clock, workerName }: SettleParts): AttemptRecord {
  return {
    number: run.envelope.attempt,
    startedAt: run.startedAt,
    endedAt: clock.now(),
    worker: workerName,
    error,
  };
}
