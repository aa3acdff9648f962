import type { AttemptRecord } from '../job/attempt.js';
import type { FailureReason } from '../job/envelope.js';
import { withRequeue } from '../job/envelope.js';
import { bodyOf, deathOf, readMessage, toMessage, withoutRejection } from '../job/wire.js';
import type { Message } from '../job/message.js';
import type { Clock } from '../kernel/clock.js';
import { ConfigurationError, isWarrenError } from '../kernel/errors/index.js';
import type { IdSource } from '../kernel/ids.js';
import type { Broker, DeadLetter as BrokerDeadLetter } from '../ports/broker.js';

/** What an operator can do with the dead letters of one queue. */

/** A job nobody will retry by itself. */
export interface DeadLetter {
  /** Undefined for a message of another program that has none; such a one is reached with `all: true` only. */
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly queue: string;
  readonly reason: FailureReason;
  /** Name and message of the last error; empty when the broker itself put it there. */
  readonly error: string;
  /** Undefined when the broker itself put it there. */
  readonly failedAt: Date | undefined;
  readonly enqueuedAt: Date | undefined;
  /** Attempts made. */
  readonly attempts: number;
  /** Failed attempts, oldest first, capped. */
  readonly history: readonly AttemptRecord[];
  readonly headers: Readonly<Record<string, unknown>>;
  /** The payload's bytes, as they came. */
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
}

/** Which ones: by job id, or all of them, said in so many words. */
export type DeadLetterSelection = { readonly ids: readonly string[] } | { readonly all: true };

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
    const seen = new Set<string>();
    await this.visit((letter) => {
      if (letters.length >= limit) return 'stop';
      const read = this.read(letter);
      if (read.id === undefined || !seen.has(read.id)) letters.push(read);
      if (read.id !== undefined) seen.add(read.id);
      return 'keep';
    });
    return letters;
  }

  /**
   * Returns jobs to their queue: attempts reset, id kept. Each is confirmed there before it leaves the dead letters.
   * @returns how many went back.
   */
  async requeue(selection: DeadLetterSelection | string): Promise<number> {
    const isChosen = chooser(selection, `deadLetters('${this.queue}').requeue`);
    try {
      return await this.requeueChosen(isChosen);
    } catch (error) {
      if (!isWarrenError(error, 'WARREN_UNROUTABLE')) throw error;
      // The dead letters outlived their queue.
      await this.parts.ensureQueue(this.queue);
      return await this.requeueChosen(isChosen);
    }
  }

  /**
   * Discards dead letters for good.
   * @returns how many.
   */
  async purge(selection: DeadLetterSelection | string): Promise<number> {
    const isChosen = chooser(selection, `deadLetters('${this.queue}').purge`);
    let count = 0;
    await this.visit((letter) => {
      if (!isChosen(letter.message.messageId)) return 'keep';
      count += 1;
      return 'discard';
    });
    return count;
  }

  private async requeueChosen(isChosen: (id: string | undefined) => boolean): Promise<number> {
    const requeued = new Set<string>();
    let count = 0;
    await this.visit((letter) => {
      if (!isChosen(letter.message.messageId)) return 'keep';
      // A second copy, left by a crash between publish and ack, must not make a second job.
      if (letter.message.messageId !== undefined) {
        // One that its full queue dropped since is that very job.
        if (requeued.has(letter.message.messageId))
          return letter.brokerReason === 'displaced' ? 'keep' : 'discard';
        requeued.add(letter.message.messageId);
      }
      count += 1;
      return { requeue: this.revived(letter.message) };
    });
    return count;
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

function chooser(selection: DeadLetterSelection | string, call: string): (id: string | undefined) => boolean {
  if (typeof selection === 'string') return (id) => id === selection;
  const { all, ids } = (selection ?? {}) as { readonly all?: unknown; readonly ids?: unknown };
  if (all !== undefined && ids !== undefined) {
    throw new ConfigurationError([`${call}: ids and all exclude each other. Give one of them.`]);
  }
  if (all === true) return () => true;
  if (Array.isArray(ids) && ids.length > 0) {
    const chosen = new Set<unknown>(ids);
    return (id) => id !== undefined && chosen.has(id);
  }
  throw new ConfigurationError([
    `${call}: give { ids: ['…'] }, or { all: true } if every dead letter is meant.`,
  ]);
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
