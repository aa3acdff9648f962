import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { FromThread, ToThread } from './protocol.js';

/** The main thread's end of the link with one thread: open -> closed, when the thread has ended. */
export class HostLink {
  /** Resolves when the thread has closed its application, or has ended. */
  readonly closed: Promise<void>;
  private resolveClosed!: () => void;

  constructor(
    private readonly port: MessagePort,
    private readonly onMessage: (message: FromThread, link: HostLink) => void,
    onGone: (link: HostLink) => void,
  ) {
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
    port.on('message', (message: FromThread) => this.receive(message));
    port.on('close', () => {
      this.resolveClosed();
      onGone(this);
    });
    // The pool keeps the process alive while a thread runs something.
    port.unref();
  }

  send(message: ToThread): void {
    this.port.postMessage(message);
  }

  /** Takes what has arrived but was not told yet: the pool hears of a thread's end by another way. */
  readPending(): void {
    for (let next = receiveMessageOnPort(this.port); next; next = receiveMessageOnPort(this.port)) {
      this.receive(next.message as FromThread);
    }
  }

  private receive(message: FromThread): void {
    if (message.kind === 'closed') this.resolveClosed();
    else this.onMessage(message, this);
  }
}
