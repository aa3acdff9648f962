import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { kill } from './processes.js';
import { until } from './until.js';

/** A process that runs test/faults/soak/worker.mjs. */

export interface SoakWorkerOptions {
  readonly urls: readonly string[];
  readonly app: string;
  /** Of ledgers, and of the files that jobs wait for. */
  readonly folder: string;
  /** Of its ledger. */
  readonly name: string;
  readonly concurrency?: number;
  readonly heartbeat?: string;
  /** Options of the queue. */
  readonly queue?: object;
  /** Of the handler. */
  readonly timeout?: string;
  readonly publishTimeout?: string;
  readonly shutdownTimeout?: string;
  /** Of Node, before the program. */
  readonly nodeArgs?: readonly string[];
}

export class SoakWorker {
  readonly exited: Promise<number | null>;
  /** What it wrote to stdout and stderr. */
  output = '';
  private isReady = false;
  private hasExited = false;
  private readonly child: ChildProcess;

  constructor({
    urls,
    app,
    folder,
    name,
    concurrency = 10,
    heartbeat = '10s',
    queue = {},
    timeout,
    publishTimeout,
    shutdownTimeout,
    nodeArgs = [],
  }: SoakWorkerOptions) {
    this.child = spawn(process.execPath, [...nodeArgs, 'test/faults/soak/worker.mjs'], {
      env: {
        ...process.env,
        RABBITMQ_URL: urls.join(','),
        SOAK_APP: app,
        SOAK_FOLDER: folder,
        SOAK_LEDGER: name,
        SOAK_CONCURRENCY: String(concurrency),
        SOAK_HEARTBEAT: heartbeat,
        SOAK_QUEUE: JSON.stringify(queue),
        ...(timeout !== undefined && { SOAK_TIMEOUT: timeout }),
        ...(publishTimeout !== undefined && { SOAK_PUBLISH_TIMEOUT: publishTimeout }),
        ...(shutdownTimeout !== undefined && { SOAK_SHUTDOWN_TIMEOUT: shutdownTimeout }),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.child.on('message', ({ ready }: { readonly ready?: true }) => (this.isReady ||= ready === true));
    this.exited = once(this.child, 'exit').then(([code]) => {
      this.hasExited = true;
      return code as number | null;
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  get hasEnded(): boolean {
    return this.hasExited;
  }

  async ready(): Promise<this> {
    await until(() => {
      if (this.hasExited) throw new Error(`The worker ended before it was ready:\n${this.output}`);
      return this.isReady;
    }, 'the worker process is ready');
    return this;
  }

  signal(signal: NodeJS.Signals): void {
    kill(this.pid, signal);
  }

  /** Its exit code; null when the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.hasExited) this.signal(signal);
    return this.exited;
  }
}
