import type { Finding } from 'nestjs-warren/operate';
import { safe } from '../output/safe-text.js';
import type { Colour, Style } from '../output/style.js';
import type { Column } from '../output/table.js';

/** What a check has found, as rows. */

const LEVELS: Readonly<Record<Finding['level'], readonly [word: string, colour: Colour]>> = {
  ok: ['ok', 'green'],
  warn: ['WARN', 'yellow'],
  fail: ['FAIL', 'red'],
  unknown: ['?', 'gray'],
};

export function findingColumns(style: Style): readonly Column<Finding>[] {
  return [
    { head: '', cell: ({ level }) => style(LEVELS[level][1], LEVELS[level][0]) },
    { head: '', cell: ({ subject }) => safe(subject) },
    { head: '', cell: ({ message, fix }) => safe(fix === undefined ? message : `${message} -> ${fix}`) },
  ];
}

/** The connection itself failed. */
export function notConnected(problem: unknown): Finding {
  const { message } = problem as { readonly message?: string };
  return {
    level: 'fail',
    subject: 'broker',
    message: message ?? String(problem),
    fix: 'Check --amqp and --app-name; warren topology apply makes what is missing.',
  };
}
