import type { FailureReason } from '../../job/envelope.js';
import type { Message } from '../../job/message.js';
import type { DeadLetterVisitor, QueueSpec } from '../../ports/broker.js';
import { Fifo } from './fifo.js';

interface Letter {
  readonly message: Message;
  readonly brokerReason: FailureReason | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The dead letters of one queue, oldest first. Old ones and those above the limit are dropped when somebody looks. */
export class DeadLetterBox {
  private readonly letters = new Fifo<Letter>();

  constructor(public spec: Pick<QueueSpec, 'deadLetterTtlMs' | 'deadLetterMaxLength'>) {}

  count(now: number): number {
    this.prune(now);
    return this.letters.length;
  }

  put(message: Message, brokerReason: FailureReason | undefined, now: number): void {
    this.letters.push({ message, brokerReason, expiresAt: now + this.spec.deadLetterTtlMs });
    this.prune(now);
  }

  /** What the visitor or `requeue` throws ends the walk; the letter it happened at is kept. */
  async visit(visitor: DeadLetterVisitor, requeue: (message: Message) => void, now: number): Promise<void> {
    this.prune(now);
    const all = this.letters.takeAll();
    const isGone = all.map(() => false);
    try {
      for (const [index, { message, brokerReason }] of all.entries()) {
        const said = visitor({ message, brokerReason });
        // One that answers at once is done with in this very turn.
        const decision = said instanceof Promise ? await said : said;
        if (decision === 'stop') return;
        if (decision === 'keep') continue;
        if (decision !== 'discard') requeue(decision.requeue);
        isGone[index] = true;
      }
    } finally {
      // What the visitor itself had buried comes behind those that were there.
      const added = this.letters.takeAll();
      for (const [index, letter] of all.entries()) if (!isGone[index]) this.letters.push(letter);
      for (const letter of added) this.letters.push(letter);
    }
  }

  private prune(now: number): void {
    for (let oldest = this.letters.peek(); oldest; oldest = this.letters.peek()) {
      const isTooMany = this.letters.length > this.spec.deadLetterMaxLength;
      if (!isTooMany && oldest.expiresAt > now) return;
      this.letters.shift();
    }
  }
}
