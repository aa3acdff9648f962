import { plain } from './style.js';
import { displayWidth, pageTable, widthsOf, type Column } from './table.js';

const columns: readonly Column<string>[] = [
  { head: 'name', cell: (text) => text },
  { head: 'size', align: 'right', cell: (text) => String(text.length) },
  { head: 'why', mayShrink: true, cell: (text) => text },
];

const page = (rows: readonly string[][], widths: readonly number[], isFirst = true) =>
  pageTable(rows, columns, widths, { style: plain, isFirst });

describe('a table', () => {
  it('lines its columns up, wide characters among them, without boxes', () => {
    const rows = [
      ['日本', '2', 'a'],
      ['email', '1,204', 'because'],
    ];
    const text = page(rows, widthsOf(rows, columns, undefined, undefined));
    expect(text.split('\n')).toEqual(['name    size  why', '日本       2  a', 'email  1,204  because']);
  });

  it('is never narrower on a later page, and has its heads once', () => {
    const first = widthsOf([['a long name', '1', '']], columns, undefined, undefined);
    const second = widthsOf([['b', '2', 'x']], columns, first, undefined);
    expect(second[0]).toBe('a long name'.length);
    expect(page([['b', '2', 'x']], second, false)).toBe('b               2  x');
  });

  it('makes the column shorter that may be, where the terminal is narrow', () => {
    const rows = [['email', '1', 'x'.repeat(100)]];
    const widths = widthsOf(rows, columns, undefined, 40);
    const lines = page(rows, widths).split('\n');
    expect(lines.every((line) => displayWidth(line) <= 40)).toBe(true);
    expect(lines[1]).toMatch(/^email {5}1 {2}x+…$/);
  });

  it('counts columns, not characters, and no colours', () => {
    expect(displayWidth('\u001b[31mab\u001b[39m')).toBe(2);
    expect(displayWidth('👍é')).toBe(3);
    expect(displayWidth('e\u0301')).toBe(1);
  });
});
