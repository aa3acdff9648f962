import { randomBytes } from 'node:crypto';
import { SnoozeJobError, WarrenError, type JobContext, type JobWorker, type Moment } from 'nestjs-warren';
import { systemClock } from 'nestjs-warren/ports';
import { EndedLeases, type EndedLease } from './ended-leases.js';
import { LeaseEndedError } from './lease-ended-error.js';
import { Parcel, type Lease } from './parcel.js';
import { QueueGate } from './queue-gate.js';
import { Receiver } from './receivers.js';
import { SettledWatch, type Settled } from './settled.js';

/** A job that nobody comes for goes back so soon: another process may have receivers that wait for it. */
const PARKED_MS = 2_000;

export interface Wanted {
  /** Undefined: all that are served. */
  readonly queues: readonly string[] | undefined;
  readonly most: number;
  readonly waitMs: number;
  readonly leaseMs: number;
  /** Ends the wait; what it was given goes back. */
  readonly gone: AbortSignal;
}

/**
 * Where jobs and remote workers meet. A job that the worker of this process runs is parked here until a receiver takes it,
 * and its attempt lasts until that one says how it ended, or says nothing until its lease is over. Queues are taken from
 * while receivers wait, for as many jobs as they want.
 */
export class RemoteDesk {
  private readonly gates: ReadonlyMap<string, QueueGate>;
  private readonly parked = new Set<Parcel>();
  private readonly leased = new Map<string, Parcel>();
  private readonly receivers = new Set<Receiver>();
  private readonly ended = new EndedLeases();
  private readonly settled = new SettledWatch();
  /** Tells leases of other processes apart. */
  private readonly mark = randomBytes(6).toString('base64url');
  private isClosed = false;

  constructor(
    private readonly worker: Pick<JobWorker, 'ask' | 'concurrencyOf'>,
    readonly queues: readonly string[],
  ) {
    this.gates = new Map(
      queues.map((queue) => [queue, new QueueGate((count) => void worker.ask(queue, count))]),
    );
  }

  hear(moment: Moment): void {
    if (moment.kind === 'workerDraining') this.close();
    else this.settled.hear(moment);
  }

  /** The handler of all jobs for remote workers. */
  run(job: JobContext): Promise<unknown> {
    const parcel = new Parcel(job, this.gates.get(job.queue)?.arrived() ?? 0, (over) => this.left(over));
    const { signal } = job;
    if (this.isClosed) parcel.fail(new SnoozeJobError(0, 'this process shuts down'));
    else if (signal.aborted) parcel.fail(signal.reason);
    else this.park(parcel);
    signal.addEventListener('abort', () => this.stopped(parcel), { once: true });
    return parcel.outcome;
  }

  /** Jobs for a remote worker: those that are here, else the first that come. Empty: none came in time. */
  async receive(wanted: Wanted): Promise<readonly Parcel[]> {
    if (this.isClosed) throw closing();
    const { most, leaseMs, gone } = wanted;
    const queues = new Set(wanted.queues ?? this.queues);
    const receiver = new Receiver(queues, leaseMs, most, wanted.waitMs, (over) => {
      this.receivers.delete(over);
      this.adjust();
    });
    this.receivers.add(receiver);
    for (const parcel of this.parked) {
      if (receiver.wants === 0) break;
      if (queues.has(parcel.job.queue)) this.hand(parcel, receiver);
    }
    // What is here already is not kept waiting for more.
    if (receiver.got.length > 0) receiver.end();
    this.adjust();
    const leave = () => receiver.end();
    gone.addEventListener('abort', leave);
    if (gone.aborted) leave();
    const parcels = await receiver.done;
    gone.removeEventListener('abort', leave);
    if (gone.aborted) this.takeBack(parcels);
    else gone.addEventListener('abort', () => this.takeBack(parcels), { once: true });
    return parcels.filter(({ isOver }) => !isOver);
  }

  /** Renews a lease, and the timeout of the attempt. */
  heartbeat(name: string, leaseMs: number | undefined, progress: unknown): Lease {
    const parcel = this.require(name);
    if (progress !== undefined) parcel.job.progress(progress);
    parcel.job.heartbeat();
    const lease: Lease = { name, ms: leaseMs ?? parcel.lease!.ms, expiresAt: 0 };
    this.renew(parcel, lease);
    return lease;
  }

  /** The job of a lease. */
  jobOf(name: string): JobContext {
    return this.require(name).job;
  }

  /** Ends an attempt in the remote worker's words, and says what became of the job. Said again, the answer is the same. */
  async end(
    name: string,
    how: 'ack' | 'fail' | 'release',
    finish: (parcel: Pick<Parcel, 'complete' | 'fail'>) => void,
  ): Promise<Settled> {
    const before = this.ended.get(name);
    if (before?.how === how && before.settled) return before.settled;
    const parcel = this.require(name);
    const { id } = parcel.job;
    const settled = this.settled.next(id);
    // Those who ask again hear of it; that nobody does is no error.
    settled.catch(() => undefined);
    this.forget(name, { jobId: id, how, why: `the remote worker has ended it (${how})`, settled });
    finish(parcel);
    return settled;
  }

  private park(parcel: Parcel): void {
    this.parked.add(parcel);
    const receiver = [...this.receivers].find(
      ({ wants, queues }) => wants > 0 && queues.has(parcel.job.queue),
    );
    if (receiver) {
      this.hand(parcel, receiver);
      return this.adjust();
    }
    parcel.timer = systemClock.setTimer(PARKED_MS, () =>
      parcel.fail(new SnoozeJobError(0, 'no remote worker came for it')),
    );
  }

  private hand(parcel: Parcel, receiver: Receiver): void {
    this.parked.delete(parcel);
    const name = `${this.mark}.${randomBytes(18).toString('base64url')}`;
    this.leased.set(name, parcel);
    // Its time begins now, however long it was parked.
    parcel.job.heartbeat();
    this.renew(parcel, { name, ms: receiver.leaseMs, expiresAt: 0 });
    receiver.give(parcel);
  }

  private renew(parcel: Parcel, lease: Lease): void {
    parcel.timer?.cancel();
    lease.expiresAt = systemClock.now() + lease.ms;
    parcel.lease = lease;
    parcel.timer = systemClock.setTimer(lease.ms, () => {
      const why = `nothing was heard of its remote worker for ${lease.ms} ms`;
      this.forget(lease.name, { jobId: parcel.job.id, how: 'expired', why, settled: undefined });
      parcel.fail(new LeaseEndedError(why));
    });
  }

  /** By timeout, cancel, shutdown or loss of the channel. */
  private stopped(parcel: Parcel): void {
    if (parcel.isOver) return;
    const reason: unknown = parcel.job.signal.reason;
    const why = reason instanceof Error ? reason.message : 'its attempt was ended';
    if (parcel.lease) {
      this.forget(parcel.lease.name, { jobId: parcel.job.id, how: 'stopped', why, settled: undefined });
    }
    parcel.fail(reason);
  }

  /** Their receiver has gone before it had them. */
  private takeBack(parcels: readonly Parcel[]): void {
    for (const parcel of parcels) {
      if (parcel.isOver) continue;
      const why = 'the receiver went away before it had the job';
      this.forget(parcel.lease!.name, { jobId: parcel.job.id, how: 'stopped', why, settled: undefined });
      parcel.fail(new SnoozeJobError(0, why));
    }
  }

  private forget(name: string, ended: EndedLease): void {
    this.leased.delete(name);
    this.ended.remember(name, ended);
  }

  private left(parcel: Parcel): void {
    this.parked.delete(parcel);
    this.gates.get(parcel.job.queue)?.left(parcel.round);
    this.adjust();
  }

  /** Asks for as many jobs as receivers want and the process may run. */
  private adjust(): void {
    for (const [queue, gate] of this.gates) {
      const inHand = [...this.parked, ...this.leased.values()].filter(
        ({ job }) => job.queue === queue,
      ).length;
      const room = this.worker.concurrencyOf(queue) - inHand;
      let wanted = 0;
      for (const receiver of this.receivers) if (receiver.queues.has(queue)) wanted += receiver.wants;
      gate.want(Math.min(wanted, room));
    }
  }

  private require(name: string): Parcel {
    const parcel = this.leased.get(name);
    if (parcel) return parcel;
    const ended = this.ended.get(name);
    if (ended) {
      throw new WarrenError('WARREN_LEASE_ENDED', `The lease is over: ${ended.why}.`, {
        details: { id: ended.jobId },
      });
    }
    const where = name.startsWith(`${this.mark}.`)
      ? 'It ended more than 10 minutes ago, or never was.'
      : 'Another process gave it, or this one before it was started anew: a lease is known to the process that gave it alone.';
    throw new WarrenError('WARREN_LEASE_NOT_FOUND', `There is no such lease here. ${where}`);
  }

  private close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const receiver of this.receivers) receiver.end();
    for (const parcel of this.parked) parcel.fail(new SnoozeJobError(0, 'this process shuts down'));
  }
}

function closing(): WarrenError {
  return new WarrenError(
    'WARREN_CLOSED',
    'This process shuts down and hands out no jobs any more. Ask another one.',
  );
}
