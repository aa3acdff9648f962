import { styleText } from 'node:util';
import type { Io } from '../io.js';

/** Colours, where somebody sees them: the one place that knows of escape sequences for text. */

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'gray' | 'bold' | 'dim';

export type Style = (colour: Colour, text: string) => string;

export const plain: Style = (_, text) => text;

const coloured: Style = (colour, text) => {
  // Newer versions of Node look at process.stdout by themselves unless told not to; older ones take no third argument.
  const paint = styleText as (colour: Colour, text: string, options: object) => string;
  return paint(colour, text, { validateStream: false });
};

/** `--no-color` is said here and now; FORCE_COLOR wins over NO_COLOR, as in Node itself; else a terminal decides. */
export function styleFor({ env, stdout }: Pick<Io, 'env' | 'stdout'>, isRefused: boolean): Style {
  const forced = env['FORCE_COLOR'];
  if (isRefused) return plain;
  if (forced !== undefined) return forced === '0' || forced === 'false' ? plain : coloured;
  if (env['NO_COLOR']) return plain;
  return stdout.isTTY && env['TERM'] !== 'dumb' ? coloured : plain;
}
