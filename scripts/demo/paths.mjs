import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function fromRoot(...parts) {
  return join(ROOT, ...parts);
}

/** As shown to people: relative to where they are. */
export function shownPath(path) {
  return relative(process.cwd(), path) || '.';
}
