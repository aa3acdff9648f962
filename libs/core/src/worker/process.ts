import type { Envelope } from '../job/envelope.js';
import type { JobOutcome } from '../job/outcome.js';
import type { Policy } from '../job/policy.js';
import { WarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { Random } from '../kernel/random.js';
import type { TimerPool } from '../kernel/timer-pool.js';
import type { JobMoment } from '../observe/moments.js';
import type { Observers } from '../observe/observers.js';
import { applyOwn } from '../options/resolve.js';
import type { Settings } from '../options/settings.js';
import type { PayloadCodec } from '../payload/codec.js';
import type { Delivery } from '../ports/delivery.js';
import type { JobRecords } from '../ports/job-records.js';
import type { JobUnique } from '../ports/job-unique.js';
import { admit } from './admission/index.js';
import { Attempt } from './attempt.js';
import { UNCLAIMED, claim, claimedBy, type Claimed } from './claim.js';
import type { EarlyCancellations } from './early-cancellations.js';
import type { Ending } from './ending.js';
import type { FailedAttempts } from './failed-attempts.js';
import { Turn, type HandlerSlots } from './handler-slots.js';
import { heldKeyOf, isOver } from './key-hold.js';
import type { LoopWatch } from './loop-watch.js';
import type { LimitAdmission, LimitWait, WorkerLimits } from './limits/index.js';
import { outcomeMoment, startedMoment } from './moments.js';
import { outcomeOf } from './outcome-of.js';
import { receive } from './receive.js';
import { record, recordRefused, recorded } from './record.js';
import type { CompiledHandler, Routes } from './routes.js';
import type { RunsInProgress } from './runs-in-progress.js';
import { setAside, type SetAside } from './set-aside.js';
import {
  settle,
  settleEnded,
  settleUndecodable,
  type Run,
  type SettleParts,
  type SettleReport,
} from './settle.js';
import type { SettledMemory } from './settled-memory.js';
import type { Turned } from './turned.js';
import type { Zombies } from './zombies.js';

/**
 * The way of a delivery, on one screen:
 * receive -> recall -> (aside) -> route -> limits -> claim -> admit -> attempt -> judge -> record -> settle -> tell.
 * Without a job store nothing is claimed and recorded.
 */
export interface ProcessParts extends SettleParts {
  readonly settings: Settings;
  readonly routes: Routes;
  readonly codec: PayloadCodec;
  readonly random: Random;
  readonly timers: TimerPool;
  readonly observers: Observers;
  readonly memory: SettledMemory;
  readonly runs: RunsInProgress;
  readonly loopWatch: LoopWatch;
  readonly zombies: Zombies;
  readonly cancellations: EarlyCancellations;
  readonly turned: Turned;
  readonly aside: SetAside;
  readonly logger: Logger;
  /** Undefined: nothing remembers jobs. */
  readonly records: JobRecords | undefined;
  /** Undefined: nothing keeps unique keys. */
  readonly unique: JobUnique | undefined;
  /** Undefined: nothing knows of limits over all workers. */
  readonly limits: WorkerLimits | undefined;
  /** Undefined: nobody wants to hear of them. */
  readonly failedAttempts: FailedAttempts | undefined;
}

/** The consumer's place for one delivery. */
export interface Slot {
  readonly delivery: Delivery;
  /** Whether nothing may start any more. */
  readonly isQuiet: boolean;
  /** Where its handler waits for its turn. */
  readonly handlers: HandlerSlots;
  /** Set for the consumer, once it runs. */
  attempt: Attempt | undefined;
  /** Set for the consumer, while it waits for limits. */
  waiting: LimitWait | undefined;
  giveBackUnstarted(): void;
}

/** Resolves when the delivery is settled. */
export async function processDelivery(slot: Slot, parts: ProcessParts): Promise<void> {
  const { delivery } = slot;
  const { clock, ids, codec, memory, runs, loopWatch, observers, settings, routes, unique } = parts;
  const received = receive(delivery, codec, settings.maxPayloadBytes, clock.now(), () => ids.jobId());
  // One that brings no id gets another at each delivery, by which nobody could ask for it.
  const records = delivery.message.messageId ? parts.records : undefined;
  if (received.kind === 'undecodable') {
    if (records && received.envelope) {
      const policy = policyOf(undefined, received.envelope, settings);
      await recordRefused(received.envelope, received.error, policy, records, clock);
    }
    await settleUndecodable(delivery, received.error, parts);
    heldKeyOf(received.envelope, unique)?.free();
    const { messageId } = delivery.message;
    observers.tell({
      kind: 'refused',
      at: clock.now(),
      queue: delivery.queue,
      messageId,
      error: received.error,
    });
    return;
  }
  const { envelope, payload } = received;
  const { token } = envelope;
  for (let earlier = runs.endOf(token); earlier; earlier = runs.endOf(token)) await earlier;
  const ended = memory.take(token, envelope.id);
  if (ended) {
    const report = settleEnded(delivery);
    if (ended !== 'told') tell(ended, report, token, parts);
    else parts.logger.debug(`${envelope.type} ${envelope.id}: came again after its end, and is acked unrun`);
    return;
  }
  if (slot.isQuiet) {
    slot.giveBackUnstarted();
    return;
  }
  if (parts.turned.isPausedType(envelope.type)) {
    await setAside(slot, envelope, parts);
    return;
  }
  runs.begin(token);
  const turn = new Turn(slot.handlers, clock);
  let admission: LimitAdmission | undefined;
  try {
    const handler = routes.find(envelope.type);
    const policy = policyOf(handler, envelope, settings);
    const rules = parts.limits?.rulesOf(envelope.queue, handler);
    if (rules && !refusalOf(slot, envelope, policy, clock.now(), parts.turned)) {
      slot.handlers.takeNothingAhead();
      admission = await parts.limits!.enter(rules, envelope, payload, (wait) => (slot.waiting = wait));
      slot.waiting = undefined;
    }
    let startedAt = clock.now();
    const arrivedAt = clock.elapsed();
    const asked =
      records && !admission?.refusal
        ? claim(envelope, policy, startedAt, parts.workerName, records)
        : undefined;
    const claimed = asked ? claimedBy(await asked) : UNCLAIMED;
    const over = admission?.refusal ?? claimed.over;
    const wait = over ? undefined : turn.begin();
    if (wait) {
      await wait;
      startedAt = clock.now();
    }
    const refusal =
      over ??
      turn.refusal ??
      cancelledEarly(envelope, claimed, arrivedAt, parts) ??
      refusalOf(slot, envelope, policy, startedAt, parts.turned);
    const run: Run = {
      delivery,
      envelope,
      startedAt,
      isAttempt: refusal === undefined || claimed.isEnded,
      slot,
    };
    const key = heldKeyOf(envelope, unique);
    if (key && !refusal) key.begin(policy);
    const attempted = refusal ? undefined : attempt(run, handler, policy, payload, parts, slot, claimed);
    const ending = attempted instanceof Promise ? await attempted : attempted;
    const decided = ending ? outcomeOf(ending, envelope, policy, parts) : refusal!;
    turn.end();
    admission?.decided(decided);
    const telling =
      records && !claimed.over ? record(run, decided, policy, claimed.run, records, parts) : undefined;
    const outcome = telling ? recorded(await telling, decided, policy) : decided;
    if (key) await key.keep(outcome, run.isAttempt);
    const settling = settle(run, outcome, parts);
    const report = settling instanceof Promise ? await settling : settling;
    if (key && (claimed.isGone || isOver(outcome, report))) key.free();
    const at = clock.now();
    loopWatch.ended(slot.attempt, startedAt, at);
    tell(outcomeMoment(run, outcome, report, policy, at), report, token, parts);
    if (parts.failedAttempts && ending && outcome.kind !== 'completed') {
      const context = slot.attempt?.context;
      parts.failedAttempts.tell({ run, context, policy, payload, ending, outcome });
    }
  } finally {
    turn.end();
    runs.end(token);
    admission?.leave();
  }
}

/** Why its handler does not run; undefined: it does. */
function refusalOf(
  slot: Slot,
  envelope: Envelope,
  policy: Policy,
  startedAt: number,
  turned: Turned,
): JobOutcome | undefined {
  // Either may have come while the store was asked, or while it waited for a slot.
  if (slot.isQuiet) return { kind: 'interrupted', why: 'the worker shuts down' };
  if (turned.isPausedType(envelope.type)) return { kind: 'interrupted', why: 'its type is paused' };
  // The clock here may be behind the publisher's, or was set back.
  const now = slot.delivery.isDue ? Math.max(startedAt, envelope.notBefore ?? 0) : startedAt;
  return admit(envelope, policy, now);
}

/**
 * Somebody cancelled it just before it begins. What a store was told before it was asked is in its answer, also that the
 * job was opened again since.
 */
function cancelledEarly(
  envelope: Envelope,
  { run }: Claimed,
  arrivedAt: number,
  { cancellations }: ProcessParts,
): JobOutcome | undefined {
  const wanted = cancellations.take(envelope, run > 0 ? arrivedAt : -Infinity);
  return wanted && { kind: 'cancelled', ...wanted };
}

/** Once the broker has been told of it; until then it is remembered. */
function tell(
  moment: JobMoment,
  report: SettleReport,
  token: string | undefined,
  { memory, observers }: ProcessParts,
): void {
  if (report.kind === 'ackLost') return memory.ackLost(token, moment);
  if (report.kind === 'settled') memory.ackSent(token, moment.jobId);
  observers.tell(moment);
}

function attempt(
  run: Run,
  handler: CompiledHandler | undefined,
  policy: Policy,
  payload: unknown,
  parts: ProcessParts,
  slot: Slot,
  claimed: Claimed,
): Ending | Promise<Ending> {
  const { loopWatch, observers } = parts;
  if (!handler) return { kind: 'thrown', thrown: noHandler(run.envelope) };
  const attempt = new Attempt(run, handler, policy, payload, claimed.run, parts);
  slot.attempt = attempt;
  loopWatch.wake();
  observers.tell(startedMoment(run));
  return attempt.run();
}

function policyOf(handler: CompiledHandler | undefined, envelope: Envelope, { queues }: Settings): Policy {
  const policy = handler?.policyFor(envelope.queue) ?? queues.policyOf(envelope.queue, undefined, undefined);
  return applyOwn(policy, envelope.own, queues.settingsOf(envelope.queue).maxAttempts);
}

function noHandler({ type, queue }: Envelope): WarrenError {
  return new WarrenError(
    'WARREN_NO_HANDLER',
    `No handler of this worker takes '${type}' from queue '${queue}'. The job is retried, as another deployment may have one; add @JobHandler('${type}') or a catch-all @JobHandler('').`,
  );
}
