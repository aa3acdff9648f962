import type { MessagePort } from 'node:worker_threads';
import { WarrenError } from '../kernel/errors/index.js';
import type { Logger } from '../kernel/logger.js';
import type { Moment } from '../observe/moments.js';
import type { Broker } from '../ports/broker.js';
import { validatorFor } from '../payload/validator.js';
import type { HandlerRegistration } from '../worker/handler.js';
import { ForwardingBroker } from './forwarding-broker.js';
import { packError, unpackError } from './packed-error.js';
import type { BrokerCall, FromThread, ThreadTask, ToThread } from './protocol.js';
import { ThreadRun, type ServedHandler } from './thread-run.js';

/** What Warren's parts in a thread hold on to. */
export interface Thread {
  connection(name: string): ThreadConnection;
  /** The application is there, and closed this way. */
  ready(close: () => Promise<void>): void;
  /** The application could not be made. */
  failed(error: unknown): void;
}

/** What a thread has in place of a connection. */
export interface ThreadConnection {
  readonly broker: Broker;
  serve(handlers: readonly HandlerRegistration[], logger: Logger): void;
  /** Tells the observers of the main thread. */
  tell(moment: Moment): void;
}

/** Of the thread, so that each copy of the package finds the same one. */
const THREAD = Symbol.for('nestjs-warren.thread');

/** Undefined in the main thread, and in threads that are not Warren's. */
export function currentThread(): Thread | undefined {
  return (globalThis as { readonly [THREAD]?: Thread })[THREAD];
}

/** A thread's side of the link: empty -> starting, with the first task -> serving -> closed. */
export class ThreadSide implements Thread {
  private readonly handlers = new Map<string, ServedHandler>();
  private readonly calls = new Map<number, Pending>();
  private lastCall = 0;
  private starting: Promise<void> | undefined;
  private readonly started: Pending = pending();
  private closeApplication: (() => Promise<void>) | undefined;
  private current: { readonly number: number; readonly run: ThreadRun } | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly entry: string,
    private readonly load: (entry: string) => Promise<unknown>,
  ) {
    (globalThis as { [THREAD]?: Thread })[THREAD] = this;
    port.on('message', (message: ToThread) => this.onMessage(message));
    // The pool's own port keeps the thread alive.
    port.unref();
  }

  /** Resolves when the run has ended and its ending is sent; never, when there is no application: the host ends it. */
  async runJob(task: ThreadTask): Promise<void> {
    const { run: number } = task;
    try {
      await (this.starting ??= this.start());
      const run = new ThreadRun(task, this.handlerOf(task), (message) => this.send(message));
      this.current = { number, run };
    } catch (error) {
      this.send({ kind: 'startFailed', run: number, error: packError(error) });
      await new Promise(() => undefined);
      return;
    }
    await this.current.run.run();
    this.current = undefined;
  }

  connection(name: string): ThreadConnection {
    return {
      broker: new ForwardingBroker((asks) => this.call(name, asks)),
      serve: (handlers, logger) => {
        for (const { pattern, place, payload, run } of handlers) {
          const validator = payload ? validatorFor(payload, place) : undefined;
          this.handlers.set(keyOf(name, pattern), { validator, call: run, logger });
        }
      },
      tell: (moment) => this.send({ kind: 'moment', connection: name, moment }),
    };
  }

  ready(close: () => Promise<void>): void {
    this.closeApplication = close;
    this.started.resolve(undefined);
  }

  failed(error: unknown): void {
    this.started.reject(error);
  }

  /** The entry itself may never end: what comes after its `await bootstrapWorker()` is for the main thread. */
  private start(): Promise<void> {
    this.load(this.entry).catch((error: unknown) => this.started.reject(error));
    return this.started.promise as Promise<void>;
  }

  private handlerOf({ connection, pattern }: ThreadTask): ServedHandler {
    const handler = this.handlers.get(keyOf(connection, pattern));
    if (handler) return handler;
    throw new WarrenError(
      'WARREN_THREAD_START',
      `The application that ${this.entry} starts in a thread has no handler for '${pattern}' on the connection '${connection}', which the one in the main thread has. Give the entry of the same application.`,
    );
  }

  private call(connection: string, asks: BrokerCall): Promise<unknown> {
    const call = (this.lastCall += 1);
    const answer = pending();
    this.send({ kind: 'call', call, connection, asks });
    this.calls.set(call, answer);
    return answer.promise;
  }

  private onMessage(message: ToThread): void {
    switch (message.kind) {
      case 'abort':
        if (this.current?.number === message.run) this.current.run.abort(message.reason);
        break;
      case 'answer':
        this.taken(message.call)?.resolve(message.value);
        break;
      case 'refusal':
        this.taken(message.call)?.reject(unpackError(message.error));
        break;
      case 'close':
        void this.close();
        break;
    }
  }

  private taken(call: number): Pending | undefined {
    const answer = this.calls.get(call);
    this.calls.delete(call);
    return answer;
  }

  /** What the application throws while it closes has been logged by Nest, and the thread ends in any case. */
  private async close(): Promise<void> {
    await this.closeApplication?.().catch(() => undefined);
    this.send({ kind: 'closed' });
  }

  private send(message: FromThread): void {
    this.port.postMessage(message);
  }
}

function keyOf(connection: string, pattern: string): string {
  return `${connection} ${pattern}`;
}

interface Pending {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

function pending(): Pending {
  let resolve!: (value: unknown) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
