import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Moment } from '../../libs/core/src/observe/moments.js';
import { until } from './until.js';

/** What test/fixtures/thread-worker.mjs says. */
export interface Said {
  readonly ready?: true;
  readonly moment?: Moment;
  readonly intercepted?: string;
  readonly database?: 'opened' | 'closed';
  readonly thread?: number;
  readonly quick?: number;
  readonly other?: number;
  readonly correlationId?: string;
  readonly parentId?: string;
  readonly isMainThread?: boolean;
  readonly aborted?: string;
  readonly isError?: boolean;
}

type JobMomentKind =
  'started' | 'progressed' | 'completed' | 'retryScheduled' | 'snoozed' | 'failed' | 'cancelled';

/** A worker with handlers in threads, in a process of its own. */
export class ThreadWorker {
  readonly said: Said[] = [];
  output = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown[]>;
  private hasExited = false;

  constructor(environment: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, ['test/fixtures/thread-worker.mjs'], {
      // Under NODE_ENV=test, that of this process, such handlers run in the main thread.
      env: { ...process.env, NODE_ENV: 'development', RABBITMQ_URL: '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.child, 'exit');
    void this.exited.then(() => (this.hasExited = true));
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.said.push(JSON.parse(line) as Said);
      else this.output += `${line}\n`;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  async ready(): Promise<this> {
    await this.until(() => this.said.some(({ ready }) => ready), 'the worker process is ready');
    return this;
  }

  /** Fails with what the process wrote when it does not come to that. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const check = () => {
      if (this.hasExited && !condition()) throw new Error(`The worker has ended before: ${what}`);
      return condition();
    };
    await until(check, what, 90_000).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(
        `${message}\n${this.output}\n${this.said.map((each) => JSON.stringify(each)).join('\n')}`,
      );
    });
  }

  get moments(): Moment[] {
    return this.said.flatMap(({ moment }) => moment ?? []);
  }

  /** Those of one job, by kind. */
  of<Kind extends JobMomentKind>(jobId: string, kind: Kind): Array<Extract<Moment, { kind: Kind }>> {
    return this.moments.filter(
      (moment): moment is Extract<Moment, { kind: Kind }> =>
        moment.kind === kind && 'jobId' in moment && moment.jobId === jobId,
    );
  }

  /** The first one of that kind. */
  async next<Kind extends JobMomentKind>(
    jobId: string,
    kind: Kind,
  ): Promise<Extract<Moment, { kind: Kind }>> {
    await this.until(() => this.of(jobId, kind).length > 0, `job ${jobId}: ${kind}`);
    return this.of(jobId, kind)[0]!;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Exit code after the signal. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    const [code] = await this.exited;
    return code as number | null;
  }
}
