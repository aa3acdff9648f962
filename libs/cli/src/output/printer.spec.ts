import { PassThrough, Writable } from 'node:stream';
import { PipeClosed } from '../exit-codes.js';
import type { Screen } from '../io.js';
import { Printer, type Format } from './printer.js';
import { plain } from './style.js';

interface Row {
  readonly id: number;
  readonly text: string;
}

const shape = {
  columns: [
    { head: 'id', cell: ({ id }: Row) => String(id) },
    { head: 'text', cell: ({ text }: Row) => text },
  ],
  empty: 'None.',
};

async function printed(format: Format, rows: readonly Row[]): Promise<string> {
  const stdout = new PassThrough();
  const printer = new Printer({ stdout }, format, plain);
  const list = printer.list(shape);
  for (const row of rows) await list.add(row);
  await list.end();
  await printer.line('a line');
  stdout.end();
  return (await stdout.toArray()).join('');
}

describe('a list', () => {
  const rows = [
    { id: 1, text: 'a' },
    { id: 2, text: '\u0085' },
  ];

  it('is one JSON array, lines of JSON, a table, or nothing', async () => {
    expect(JSON.parse(await printed('json', rows))).toEqual(rows);
    expect(await printed('jsonl', rows)).toBe('{"id":1,"text":"a"}\n{"id":2,"text":"\\u0085"}\n');
    expect(await printed('text', rows.slice(0, 1))).toBe('id  text\n1   a\na line\n');
    expect(await printed('none', rows)).toBe('');
  });

  it('of nothing is an empty array, and a sentence for people', async () => {
    expect(await printed('json', [])).toBe('[]\n');
    expect(await printed('jsonl', [])).toBe('');
    expect(await printed('text', [])).toBe('None.\na line\n');
  });

  it.each(['json', 'text'] as const)(
    'of 100,000 rows as %s waits for whoever reads slowly',
    async (format) => {
      let lines = 0;
      let waiting = 0;
      const stdout = new Writable({
        highWaterMark: 64 * 1024,
        write(chunk: Buffer, _encoding, done) {
          waiting = Math.max(waiting, stdout.writableLength);
          lines += chunk.toString().split('\n').length - 1;
          setImmediate(done);
        },
      }) as Screen;
      const printer = new Printer({ stdout }, format, plain);
      const list = printer.list(shape);
      for (let id = 0; id < 100_000; id += 1) await list.add({ id, text: 'some text' });
      await list.end();
      await printer.end();
      expect(lines).toBeGreaterThanOrEqual(100_000);
      expect(waiting).toBeLessThan(256 * 1024);
    },
  );

  it('ends when its reader goes away, also while it waits for it', async () => {
    const stdout = new Writable({ highWaterMark: 1, write: () => undefined }) as Screen;
    const printer = new Printer({ stdout }, 'jsonl', plain);
    const write = printer.write('something');
    stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await expect(write).rejects.toThrow(PipeClosed);
    await expect(printer.write('more')).rejects.toThrow(PipeClosed);
  });
});
