import { once } from 'node:events';
import { PipeClosed } from '../exit-codes.js';
import type { Io, Screen } from '../io.js';
import { safeJson } from './safe-text.js';
import type { Style } from './style.js';
import { pageTable, widthsOf, type Column } from './table.js';

/** Data on stdout, in the format that was asked for. Everything else goes to stderr. */

export type Format = 'text' | 'json' | 'jsonl' | 'none';

export const FORMATS: readonly Format[] = ['text', 'json', 'jsonl', 'none'];

export interface ListShape<Item> {
  readonly columns: readonly Column<Item>[];
  /** What stands in JSON. Default: the item. */
  readonly value?: (item: Item) => unknown;
  /** Text where there is nothing. */
  readonly empty: string;
  /** Each is written when it comes: somebody waits for it. Default: some together. */
  readonly isLive?: boolean;
}

/** JSON is written in pieces of so many characters: a write for each line would cost more than the line. */
const PIECE = 16 * 1024;

/** Rows that are laid out together: the first of them are waited for, the rest come page by page. */
const PAGE_ROWS = 200;

export class Printer {
  private isClosed = false;
  private readonly stdout: Screen;

  constructor(
    io: Pick<Io, 'stdout'>,
    readonly format: Format,
    readonly style: Style,
  ) {
    this.stdout = io.stdout;
    this.stdout.on('error', this.onError);
  }

  /** Text alone; other formats leave it out. */
  async line(text = ''): Promise<void> {
    if (this.format === 'text') await this.write(`${text}\n`);
  }

  /** As it is, in every format: scripts, files, whole screens. */
  async raw(text: string): Promise<void> {
    await this.write(text);
  }

  /** One thing: lines for people, or its value. */
  async item(value: unknown, lines: () => readonly string[]): Promise<void> {
    if (this.format === 'none') return;
    const text = this.format === 'text' ? lines().join('\n') : jsonOf(value, this.format);
    if (text !== '') await this.write(`${text}\n`);
  }

  /** Many things, written as they come. Call `end` behind the last. */
  list<Item>(shape: ListShape<Item>): ListWriter<Item> {
    return new ListWriter(this, shape, this.stdout.isTTY ? this.stdout.columns : undefined);
  }

  /** Resolves when there is room for more. @throws PipeClosed */
  async write(text: string): Promise<void> {
    if (this.isClosed) throw new PipeClosed();
    if (this.stdout.write(text)) return;
    // Whoever reads may go away instead of reading on.
    await Promise.race([once(this.stdout, 'drain'), once(this.stdout, 'close')]).catch(() => undefined);
    if (this.isClosed) throw new PipeClosed();
  }

  /** Behind everything that was written. */
  async end(): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => this.stdout.write('', () => resolve()));
  }

  dispose(): void {
    this.stdout.off('error', this.onError);
  }

  private readonly onError = (): void => {
    this.isClosed = true;
  };
}

export class ListWriter<Item> {
  private rows: string[][] = [];
  private widths: readonly number[] | undefined;
  private json = '';

  constructor(
    private readonly printer: Printer,
    private readonly shape: ListShape<Item>,
    private readonly columns: number | undefined,
  ) {}

  /** How many were added. */
  count = 0;

  async add(item: Item): Promise<void> {
    this.count += 1;
    const { printer, shape } = this;
    const { format } = printer;
    if (format === 'none') return;
    if (format === 'text') {
      this.rows.push(shape.columns.map(({ cell }) => cell(item)));
      if (this.rows.length >= PAGE_ROWS) await this.flush();
      return;
    }
    const text = jsonOf(shape.value ? shape.value(item) : item, 'jsonl');
    this.json += format === 'jsonl' ? `${text}\n` : `${this.count === 1 ? '[\n' : ',\n'}${text}`;
    if (shape.isLive || this.json.length >= PIECE) await this.flushJson();
  }

  async end(): Promise<void> {
    const { printer, shape } = this;
    if (printer.format === 'json') this.json += this.count === 0 ? '[]\n' : '\n]\n';
    await this.flushJson();
    if (printer.format !== 'text') return;
    if (this.count === 0) await printer.line(printer.style('gray', shape.empty));
    else await this.flush();
  }

  private async flushJson(): Promise<void> {
    const { json } = this;
    this.json = '';
    if (json !== '') await this.printer.write(json);
  }

  private async flush(): Promise<void> {
    const { rows, printer, shape } = this;
    if (rows.length === 0) return;
    this.rows = [];
    const isFirst = this.widths === undefined;
    this.widths = widthsOf(rows, shape.columns, this.widths, this.columns);
    const text = pageTable(rows, shape.columns, this.widths, { style: printer.style, isFirst });
    await printer.write(`${text}\n`);
  }
}

function jsonOf(value: unknown, format: 'json' | 'jsonl'): string {
  return safeJson(JSON.stringify(value, undefined, format === 'json' ? 2 : undefined) ?? 'null');
}
