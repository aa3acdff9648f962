import { withRequeue, type Envelope, type FailureReason } from '../job/envelope.js';
import { bodyOf, readMessage, toMessage } from '../job/wire.js';
import type { Clock } from '../kernel/clock.js';
import type { IdSource } from '../kernel/ids.js';
import type { Broker, DeadLetter } from '../ports/broker.js';
import type { JobRecord } from '../ports/job-record.js';
import { LetterWalks } from './letter-walks.js';

export interface RetriedLettersParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly ids: IdSource;
}

export interface BrokerEnd {
  readonly envelope: Envelope;
  readonly reason: FailureReason;
}

/**
 * The dead letters of jobs that are retried by id. Only letters that are older than the job's new message are its own:
 * a retried job may fail again while its letters are looked through.
 */
export class RetriedLetters {
  private readonly walks: LetterWalks;

  constructor(private readonly parts: RetriedLettersParts) {
    this.walks = new LetterWalks(parts.broker);
  }

  /** Whether there is one that could take the place of a message whose payload the store has not. */
  async has({ id, queue }: JobRecord): Promise<boolean> {
    let isThere = false;
    await this.walks.walk(queue, id, (letter) => {
      isThere ||= this.envelopeOf(letter, queue) !== undefined;
      return 'keep';
    });
    return isThere;
  }

  /**
   * The end of a job that the broker itself put there: over its delivery limit, say. No worker could tell the store of
   * it. Undefined: there is none of its newest message.
   */
  async endByBroker({ id, queue, generation }: JobRecord): Promise<BrokerEnd | undefined> {
    let end: BrokerEnd | undefined;
    await this.walks.walk(queue, id, (letter) => {
      const envelope = this.envelopeOf(letter, queue);
      const { brokerReason: reason } = letter;
      if (envelope && reason && envelope.generation >= generation) end = { envelope, reason };
      return 'keep';
    });
    return end;
  }

  /** Those of a job that has its new message. */
  async remove(job: JobRecord): Promise<void> {
    await this.walks.walk(job.queue, job.id, (letter) => (this.isOlder(letter, job) ? 'discard' : 'keep'));
  }

  /**
   * Puts one back into its queue as the new message of the opened job, and removes the others.
   * @returns whether there was one.
   */
  async requeue(job: JobRecord): Promise<boolean> {
    let isRequeued = false;
    await this.walks.walk(job.queue, job.id, (letter) => {
      if (!this.isOlder(letter, job)) return 'keep';
      if (isRequeued) return 'discard';
      isRequeued = true;
      const { clock, ids } = this.parts;
      const envelope = withRequeue(this.envelopeOf(letter, job.queue)!, {
        now: clock.now(),
        token: ids.token(),
      });
      return {
        requeue: toMessage({ ...envelope, generation: job.generation }, bodyOf(letter.message)),
      };
    });
    return isRequeued;
  }

  private isOlder(letter: DeadLetter, { queue, generation }: JobRecord): boolean {
    const envelope = this.envelopeOf(letter, queue);
    return envelope !== undefined && envelope.generation < generation;
  }

  /** Undefined: it is no valid job. */
  private envelopeOf({ message }: DeadLetter, queue: string): Envelope | undefined {
    const read = readMessage(message, queue, this.parts.clock.now(), () => '');
    return read.ok ? read.envelope : undefined;
  }
}
