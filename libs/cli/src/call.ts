import { confirm } from './confirm.js';
import { connect, type Connection, type Need } from './connect.js';
import { PipeClosed } from './exit-codes.js';
import type { Io } from './io.js';
import { Printer } from './output/printer.js';
import { safe, safeLines } from './output/safe-text.js';
import { styleFor, type Style } from './output/style.js';
import { instant, relativeTo } from './output/time.js';
import { Progress } from './progress.js';
import type { Settings } from './settings.js';

/** One call of one verb: what it prints with, asks with, and connects with. */
export class Call {
  readonly out: Printer;
  readonly style: Style;
  /** Aborts with Ctrl-C and SIGTERM. */
  readonly interruption: AbortSignal;
  /** Long work that ends by itself with Ctrl-C, and says how far it came. */
  isEndingItself = false;
  /** Work that goes on by itself: the lines of the runtime are its log. */
  isTalkative = false;
  private readonly connections: Connection[] = [];

  constructor(
    readonly io: Io,
    readonly settings: Settings,
  ) {
    this.interruption = AbortSignal.any([io.interrupt, io.terminate]);
    this.style = styleFor(io, settings.isColourRefused);
    this.out = new Printer(io, settings.format, this.style);
  }

  /** Aborts with Ctrl-C and SIGTERM; whoever takes it ends by itself. */
  get signal(): AbortSignal {
    this.isEndingItself = true;
    return this.interruption;
  }

  get isInterrupted(): boolean {
    return this.interruption.aborted;
  }

  get isText(): boolean {
    return this.settings.format === 'text';
  }

  /** A remark, on stderr. */
  note(text: string): void {
    if (!this.settings.isQuiet) this.io.stderr.write(`${safeLines(text)}\n`);
  }

  async open(need: Need): Promise<Connection> {
    const connection = await connect(need, {
      settings: this.settings,
      log: (level, line) => this.log(level, line),
    });
    this.connections.push(connection);
    return connection;
  }

  confirm(question: string): Promise<void> {
    return confirm(this.io, safe(question), this.settings.isYes);
  }

  progress(verb: string): Progress {
    return new Progress(this.io.stderr, verb, this.settings.isQuiet);
  }

  /** An instant, as `--time` says. */
  at(at: Date | undefined, exact = false): string {
    return at === undefined ? '-' : instant(at, this.settings.time, Date.now(), exact);
  }

  ago(at: Date): string {
    return relativeTo(at, Date.now());
  }

  async close(): Promise<void> {
    await Promise.all(this.connections.map(({ warren }) => warren.close().catch(() => undefined)));
    await this.out.end().catch((error: unknown) => {
      if (!(error instanceof PipeClosed)) throw error;
    });
    this.out.dispose();
  }

  private log(level: 'error' | 'warn' | 'info' | 'debug', line: string): void {
    const { isQuiet, isVerbose } = this.settings;
    // What goes wrong is told by the verb itself, once.
    const isWanted = isVerbose || (this.isTalkative && level !== 'debug' && (!isQuiet || level === 'error'));
    if (isWanted) this.io.stderr.write(`${level}: ${safe(line)}\n`);
  }
}
