import type { Clock } from '../../kernel/clock.js';
import type { Detached } from '../../kernel/detached.js';
import type { Availability, StoreOperation } from './availability.js';
import { fitting, type BatchLimits } from './limits.js';
import { callPort, type PortAnswer } from './port-call.js';
import { unavailable } from './unavailable.js';

export interface LaneParts<Item, Answer> {
  readonly clock: Clock;
  readonly limits: BatchLimits;
  readonly availability: Availability;
  readonly detached: Detached;
  readonly operation: StoreOperation;
  /** One call of the port: an answer for each item, in their order. */
  readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly bytesOf: (item: Item) => number;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly bytes: number;
  readonly answer: (answer: PortAnswer<Answer>) => void;
}

/** Single calls of one kind: those of one turn of the event loop go out together. */
export class Lane<Item, Answer> {
  private waiting: Array<Waiting<Item, Answer>> = [];
  private waitingBytes = 0;
  private calls = 0;
  private isTurnAwaited = false;

  constructor(private readonly parts: LaneParts<Item, Answer>) {}

  /** Never rejects. */
  call(item: Item): Promise<PortAnswer<Answer>> {
    return new Promise((resolve) => this.ask(item, resolve));
  }

  /** Without a promise, of which each costs a job something. The answer comes once, after this returned. */
  ask(item: Item, answer: (answer: PortAnswer<Answer>) => void): void {
    const { availability, limits, bytesOf } = this.parts;
    if (!availability.mayTry()) {
      queueMicrotask(() => answer(this.isDown()));
      return;
    }
    const bytes = bytesOf(item);
    const isTooMuch = this.waitingBytes > 0 && this.waitingBytes + bytes > limits.waitingBytes;
    if (this.waiting.length >= limits.waiting || isTooMuch) {
      const error = unavailable(`is slow: ${this.waiting.length} calls wait for it already`);
      queueMicrotask(() => answer({ kind: 'out', error }));
      return;
    }
    this.waiting.push({ item, bytes, answer });
    this.waitingBytes += bytes;
    this.awaitTurn();
  }

  private awaitTurn(): void {
    if (this.isTurnAwaited) return;
    this.isTurnAwaited = true;
    // Outside the context of the request that happens to be the first of its turn.
    this.parts.detached(() =>
      setImmediate(() => {
        this.isTurnAwaited = false;
        this.sendAll();
      }),
    );
  }

  private sendAll(): void {
    const { limits } = this.parts;
    while (this.waiting.length > 0 && this.calls < limits.calls) {
      const batch = this.waiting.splice(0, fitting(this.waiting, limits.items, limits.callBytes));
      for (const { bytes } of batch) this.waitingBytes -= bytes;
      void this.send(batch);
    }
  }

  private async send(batch: ReadonlyArray<Waiting<Item, Answer>>): Promise<PortAnswer<unknown>['kind']> {
    this.calls += 1;
    const sent = await callPort(
      this.parts.operation,
      () => this.parts.send(batch.map(({ item }) => item)),
      this.parts,
    );
    this.calls -= 1;
    if (sent.kind === 'refused' && batch.length > 1) {
      await this.sendAlone(batch);
      return sent.kind;
    }
    for (const [index, { answer }] of batch.entries()) answer(answerAt(sent, index));
    if (sent.kind === 'out') this.giveUpWaiting();
    else this.sendAll();
    return sent.kind;
  }

  /** One of them is bad: the others are not to suffer with it. Nor are they to wait one by one for a store that is gone. */
  private async sendAlone(batch: ReadonlyArray<Waiting<Item, Answer>>): Promise<void> {
    let isOut = false;
    for (const one of batch) {
      if (isOut) one.answer(this.isDown());
      else isOut = (await this.send([one])) === 'out';
    }
  }

  /** The store is out of reach: nobody waits for it in vain. */
  private giveUpWaiting(): void {
    const waiting = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    for (const { answer } of waiting) answer(this.isDown());
  }

  private isDown(): PortAnswer<never> {
    const { availability } = this.parts;
    return { kind: 'out', error: unavailable('is down', availability.cause) };
  }
}

function answerAt<T>(sent: PortAnswer<readonly T[]>, index: number): PortAnswer<T> {
  if (sent.kind !== 'answered') return sent;
  if (index < sent.value.length) return { kind: 'answered', value: sent.value[index]! };
  return { kind: 'refused', error: unavailable('gave fewer answers than it was asked for') };
}
