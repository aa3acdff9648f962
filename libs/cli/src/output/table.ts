import type { Style } from './style.js';

/** Tables without boxes: columns that line up, and nothing that is in the way of a copy. */

export interface Column<Item> {
  readonly head: string;
  /** Harmless text: what others wrote went through `safe`. */
  readonly cell: (item: Item) => string;
  readonly align?: 'left' | 'right';
  /** Gives way first where the terminal is too narrow. */
  readonly mayShrink?: boolean;
}

const GAP = 2;
const LEAST_SHRUNK = 12;

/** Columns of a terminal that a text takes. */
export function displayWidth(text: string): number {
  // Nearly all there is.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text.replace(/\u001b\[[0-9;]*m/g, '')) {
    const code = character.codePointAt(0)!;
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) continue;
    width += isWide(code) ? 2 : 1;
  }
  return width;
}

/** East Asian wide and full-width forms, and emoji. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

/** Never narrower than before, so that pages of one list line up as far as they can. `room`: width of the terminal. */
export function widthsOf<Item>(
  rows: readonly (readonly string[])[],
  columns: readonly Column<Item>[],
  before: readonly number[] | undefined,
  room: number | undefined,
): readonly number[] {
  const widths = columns.map(({ head }, at) =>
    Math.max(before?.[at] ?? displayWidth(head), ...rows.map((row) => displayWidth(row[at]!))),
  );
  const total = widths.reduce((sum, width) => sum + width + GAP, -GAP);
  const shrinks = columns.findIndex(({ mayShrink }) => mayShrink);
  if (room !== undefined && total > room && shrinks >= 0) {
    widths[shrinks] = Math.max(LEAST_SHRUNK, widths[shrinks]! - (total - room));
  }
  return widths;
}

/**
 * Rows as text; the first page has heads. By hand: cli-table3 took 40 s for the layout of 100,000 rows, most of it for
 * boxes, spans and wraps that nothing here has.
 */
export function pageTable<Item>(
  rows: readonly (readonly string[])[],
  columns: readonly Column<Item>[],
  widths: readonly number[],
  { style, isFirst }: { readonly style: Style; readonly isFirst: boolean },
): string {
  const hasHeads = isFirst && columns.some(({ head }) => head !== '');
  const heads = hasHeads ? [columns.map(({ head }) => (head === '' ? '' : style('bold', head)))] : [];
  return [...heads, ...rows]
    .map((row) =>
      row
        .map((cell, at) => fitted(cell, widths[at]!, columns[at]!.align === 'right'))
        .join(' '.repeat(GAP))
        .trimEnd(),
    )
    .join('\n');
}

/** Filled up to its width, or cut to it; only text without colours is ever too long. */
function fitted(cell: string, width: number, isRight: boolean): string {
  const taken = displayWidth(cell);
  if (taken > width) return cut(cell, width);
  const room = ' '.repeat(width - taken);
  return isRight ? room + cell : cell + room;
}

function cut(text: string, width: number): string {
  let kept = '';
  let taken = 0;
  for (const character of text) {
    taken += displayWidth(character);
    if (taken >= width) break;
    kept += character;
  }
  return `${kept}…`;
}
