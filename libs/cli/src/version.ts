import { readFileSync } from 'node:fs';

/** As package.json says; it lies beside both `src` and `dist`. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
