import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Reads the documentation, so that tests can hold it to what the code does. Paths are relative to the repository. */

/** One fenced block: ```` ```ts some/file.ts ```` has language `ts` and name `some/file.ts`. */
export interface CodeBlock {
  readonly page: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  /** The rest of the info string; empty when there is none. */
  readonly name: string;
  readonly code: string;
}

/** README, CHANGELOG, CONTRIBUTING and everything below docs/. */
export function documentationPages(): string[] {
  const below = readdirSync('docs', { recursive: true, encoding: 'utf8' });
  const pages = below.filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
  return [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'libs/core/README.md',
    'libs/redis/README.md',
    'libs/telemetry/README.md',
    'libs/dashboard/README.md',
    ...pages.sort(),
  ];
}

export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { readonly line: number; readonly info: string; readonly code: string[] } | undefined;
  readFileSync(page, 'utf8')
    .split('\n')
    .forEach((text, index) => {
      // A block in a list is indented.
      const fence = text.trimStart();
      if (!fence.startsWith('```')) open?.code.push(text);
      else if (!open) open = { line: index + 2, info: fence.slice(3).trim(), code: [] };
      else {
        const [language = '', ...name] = open.info.split(' ');
        blocks.push({ page, line: open.line, language, name: name.join(' '), code: open.code.join('\n') });
        open = undefined;
      }
    });
  if (open) throw new Error(`${page}: the code block at line ${open.line} does not end.`);
  return blocks;
}

/** The one block of a page with that name. */
export function codeBlock(page: string, name: string): string {
  const found = codeBlocks(page).filter((block) => block.name === name);
  if (found.length !== 1)
    throw new Error(`${page} has ${found.length} code blocks named '${name}', not one.`);
  return found[0]!.code;
}

/** What pages tell the type check and nobody else: the text of comments `<!-- check: … -->`. */
export function checkPreludes(page: string): string {
  const comments = readFileSync(page, 'utf8').matchAll(/<!-- check:\n(.*?)-->/gs);
  return [...comments].map(([, code]) => code).join('\n');
}

/** Text of a page without its code blocks, for looking at links. */
export function proseOf(page: string): string {
  return readFileSync(page, 'utf8').replace(/^ *```.*?^ *```$/gms, '');
}

/** The anchors that GitHub makes of a page's headings. */
export function anchorsOf(page: string): Set<string> {
  const headings = [...proseOf(page).matchAll(/^#{1,6} (.*)$/gm)].map(([, text]) => text!);
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
