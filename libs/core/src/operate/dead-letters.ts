import { withRequeue } from '../job/envelope.js';
import { bodyOf, deathOf, readMessage, toMessage, withoutRejection } from '../job/wire.js';
import type { Message } from '../job/message.js';
import type { Clock } from '../kernel/clock.js';
import { ConfigurationError, isWarrenError } from '../kernel/errors/index.js';
import type { IdSource } from '../kernel/ids.js';
import type { Broker, DeadLetter as BrokerDeadLetter, DeadLetterDecision } from '../ports/broker.js';
import type { DeadLetter } from './dead-letter.js';
import { DeadLetterGrouping, type DeadLetterGroup } from './dead-letter-groups.js';
import { inChunks, type Pace } from './pace.js';
import { chooser, type DeadLetterSelection, type IsChosen } from './dead-letter-selection.js';

export type { DeadLetter } from './dead-letter.js';
export type { DeadLetterSelection } from './dead-letter-selection.js';

/** What an operator can do with the dead letters of one queue. */

export interface DeadLetterWork extends Pace {
  /** After each that was chosen, with how many that makes. Must not throw. */
  readonly onChosen?: (count: number) => void;
}

export interface DeadLetterParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Resolves when the broker may be asked. */
  readonly connected: () => Promise<void>;
  /** Declares the queue that jobs return to. */
  readonly ensureQueue: (queue: string) => Promise<void>;
}

export class DeadLetters {
  constructor(
    private readonly queue: string,
    private readonly parts: DeadLetterParts,
  ) {}

  /**
   * The oldest dead letters, at most `limit` (default 100). Changes nothing; a job that is there twice is listed once.
   * A queue that does not exist has none.
   */
  async list(options: { readonly limit?: number } = {}): Promise<DeadLetter[]> {
    const limit = options.limit ?? 100;
    if (!Number.isInteger(limit) || limit < 1) {
      throw new ConfigurationError([
        `deadLetters('${this.queue}').list({ limit }): ${limit} must be a whole number of at least 1.`,
      ]);
    }
    const letters: DeadLetter[] = [];
    await this.walk((letter) => {
      letters.push(letter);
      return letters.length < limit;
    });
    return letters;
  }

  /**
   * Hands each dead letter to the function, the oldest first, until that answers false (now or later); for more of them than should be
   * in memory at once. Changes nothing; a job that is there twice comes once. Those that others look for meanwhile are
   * found by one of both.
   */
  async walk(each: (letter: DeadLetter) => unknown): Promise<void> {
    const seen = new Set<string>();
    let isWanted = true;
    await this.visit(async (letter) => {
      if (!isWanted) return 'stop';
      const { messageId } = letter.message;
      if (messageId === undefined || !seen.has(messageId))
        isWanted = (await each(this.read(letter))) !== false;
      if (messageId !== undefined) seen.add(messageId);
      return 'keep';
    });
  }

  /** Those that failed alike, together: the largest group first. */
  async groups(): Promise<readonly DeadLetterGroup[]> {
    const grouping = new DeadLetterGrouping();
    await this.walk((letter) => grouping.add(letter));
    return grouping.groups;
  }

  /** How many a selection means. Changes nothing. @throws as `requeue`. */
  async count(selection: DeadLetterSelection | string): Promise<number> {
    const isChosen = chooser(selection, `deadLetters('${this.queue}').count`);
    let count = 0;
    await this.walk((letter) => {
      if (isChosen(letter.id, () => letter)) count += 1;
    });
    return count;
  }

  /**
   * Returns jobs to their queue: attempts reset, id kept. Each is confirmed there before it leaves the dead letters.
   * @returns how many went back.
   * @throws ConfigurationError for a selection that says nothing; as `enqueue`, of the broker.
   */
  async requeue(selection: DeadLetterSelection | string, work: DeadLetterWork = {}): Promise<number> {
    const isChosen = chooser(selection, `deadLetters('${this.queue}').requeue`);
    try {
      return await this.requeueChosen(isChosen, work);
    } catch (error) {
      if (!isWarrenError(error, 'WARREN_UNROUTABLE')) throw error;
      // The dead letters outlived their queue.
      await this.parts.ensureQueue(this.queue);
      return await this.requeueChosen(isChosen, work);
    }
  }

  /**
   * Discards dead letters for good.
   * @returns how many.
   */
  async purge(selection: DeadLetterSelection | string, work: DeadLetterWork = {}): Promise<number> {
    const isChosen = chooser(selection, `deadLetters('${this.queue}').purge`);
    return this.choose(isChosen, work, () => 'discard');
  }

  private async requeueChosen(isChosen: IsChosen, work: DeadLetterWork): Promise<number> {
    const requeued = new Set<string>();
    return this.choose(
      isChosen,
      work,
      (letter) => {
        if (letter.message.messageId !== undefined) requeued.add(letter.message.messageId);
        return { requeue: this.revived(letter.message) };
      },
      ({ message: { messageId }, brokerReason }) => {
        // A second copy, left by a crash between publish and ack, must not make a second job.
        if (messageId === undefined || !requeued.has(messageId)) return undefined;
        // One that its full queue dropped since is that very job.
        return brokerReason === 'displaced' ? 'keep' : 'discard';
      },
    );
  }

  /** Walks as often as the pace needs it; gives how many were chosen. */
  private async choose(
    isChosen: IsChosen,
    { onChosen, ...pace }: DeadLetterWork,
    decide: (letter: BrokerDeadLetter) => DeadLetterDecision,
    known: (letter: BrokerDeadLetter) => DeadLetterDecision | undefined = () => undefined,
  ): Promise<number> {
    let all = 0;
    return inChunks(this.parts.clock, pace, async (limit) => {
      let count = 0;
      await this.visit((letter) => {
        const decided = known(letter);
        if (decided !== undefined) return decided;
        if (count >= limit || pace.signal?.aborted) return 'stop';
        if (!isChosen(letter.message.messageId, () => this.read(letter))) return 'keep';
        count += 1;
        all += 1;
        onChosen?.(all);
        return decide(letter);
      });
      return count;
    });
  }

  private async visit(visitor: Parameters<Broker['visitDeadLetters']>[1]): Promise<void> {
    await this.parts.connected();
    await this.parts.broker.visitDeadLetters(this.queue, visitor);
  }

  private read({ message, brokerReason }: BrokerDeadLetter): DeadLetter {
    const read = readMessage(message, this.queue, this.parts.clock.now(), () => '');
    const envelope = read.ok ? read.envelope : undefined;
    const death = envelope?.death ?? safely(() => deathOf(message.headers));
    return {
      id: message.messageId,
      type: message.type,
      queue: this.queue,
      reason: death?.reason ?? brokerReason ?? 'rejected',
      error: death?.error ?? (read.ok ? '' : read.problem),
      failedAt: death ? new Date(death.failedAt) : undefined,
      enqueuedAt: envelope ? new Date(envelope.enqueuedAt) : undefined,
      attempts: envelope?.history.at(-1)?.number ?? 0,
      history: envelope?.history ?? [],
      headers: message.headers,
      body: message.body,
      contentType: message.contentType,
    };
  }

  private revived(message: Message): Message {
    const { clock, ids } = this.parts;
    const read = readMessage(message, this.queue, clock.now(), () => ids.jobId());
    if (!read.ok) return withoutRejection(message);
    return toMessage(withRequeue(read.envelope, { now: clock.now(), token: ids.token() }), bodyOf(message));
  }
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
