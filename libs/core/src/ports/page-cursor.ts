import { WarrenError } from '../kernel/errors/index.js';

/**
 * Where a page of jobs ended: the last job that was looked at. Stores that sort by creation and then by id can use
 * these two, and their cursors then tell a slip of the pen from a position: the text carries a check sum.
 */
export interface PagePosition {
  readonly createdAt: number;
  readonly id: string;
}

/** Longest that a cursor may be: an id of 255 bytes and its escapes fit. */
const LONGEST_CHARACTERS = 4_000;

export function writeCursor({ createdAt, id }: PagePosition): string {
  const body = JSON.stringify([createdAt, id]);
  return Buffer.from(`${checkSum(body)}${body}`).toString('base64url');
}

/** @throws WarrenError WARREN_BAD_CURSOR for any text that `writeCursor` did not make. */
export function readCursor(cursor: string): PagePosition {
  const position = typeof cursor === 'string' ? parse(cursor) : undefined;
  if (!position || writeCursor(position) !== cursor) {
    throw new WarrenError(
      'WARREN_BAD_CURSOR',
      'The cursor of this page was not made by the job store, or was changed on its way. Give back `next` of the page before as it is, or begin without a cursor.',
    );
  }
  return position;
}

function parse(cursor: string): PagePosition | undefined {
  if (cursor.length > LONGEST_CHARACTERS) return undefined;
  try {
    const text = Buffer.from(cursor, 'base64url').toString();
    const value: unknown = JSON.parse(text.slice(text.indexOf('[')));
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [createdAt, id] = value as [unknown, unknown];
    return typeof createdAt === 'number' && typeof id === 'string' ? { createdAt, id } : undefined;
  } catch {
    return undefined;
  }
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo): against slips, not against malice. */
function checkSum(text: string): string {
  let sum = 0x811c9dc5;
  for (const byte of Buffer.from(text)) sum = Math.imul(sum ^ byte, 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, '0');
}
