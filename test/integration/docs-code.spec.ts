import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import {
  anchorsOf,
  checkPreludes,
  codeBlocks,
  documentationPages,
  proseOf,
  type CodeBlock,
} from '../support/markdown.js';
import { buildLibraries } from '../support/build.js';
import { run } from '../support/processes.js';

/**
 * Holds the documentation to the code. A `ts` block with a file's path quotes that file; one with a name alone is a
 * module, which the others of its page may import; the rest of a page are one module together. Links must lead
 * somewhere, and lists are those of the code. What is run is in docs-run.spec.ts.
 */

const pages = documentationPages();
const typescript = pages.flatMap(codeBlocks).filter(({ language }) => language === 'ts');
const quotes = typescript.filter(({ name }) => name.includes('/'));
const programs = typescript.filter(({ name }) => !name.includes('/'));

describe('code in the documentation', () => {
  it('is there', () => {
    expect(quotes.length).toBeGreaterThan(1);
    expect(programs.length).toBeGreaterThan(10);
  });

  it.each(quotes.map((block) => [`${block.page}:${block.line}`, block] as const))(
    'that quotes a file (%s) stands there so',
    (_place, { name, code }) => {
      const source = withoutIndentation(readFileSync(name, 'utf8'));
      for (const piece of code.split(/^\s*\/\/ …$/m)) {
        const text = withoutIndentation(piece).trim();
        if (!source.includes(text)) throw new Error(`${name} does not contain:\n${text}`);
      }
    },
  );

  it('compiles', () => {
    expect(typeErrors()).toEqual([]);
  }, 120_000);
});

describe('links in the documentation', () => {
  it.each(pages)('of %s lead to files and headings that exist', (page) => {
    const broken = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        if (!existsSync(file)) return true;
        return anchor !== undefined && !anchorsOf(file).has(anchor);
      });
    expect(broken).toEqual([]);
  });
});

describe('lists in the documentation', () => {
  it('of options and errors are what the code says', async () => {
    buildLibraries();
    const { code, stderr } = await run(process.execPath, ['scripts/reference.mjs', '--check']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }, 120_000);

  it.each([
    ['docs/reference/moments.md', 'libs/core/src/observe/moments.ts', /kind: '(\w+)'/g],
    ['docs/wire-format.md', 'libs/core/src/job/wire.ts', /: '(warren-[\w-]+)'/g],
  ])('of %s have each name of %s, and no other', (page, source, pattern) => {
    const names = [...readFileSync(source, 'utf8').matchAll(pattern)].map(([, name]) => name!);
    const listed = [...readFileSync(page, 'utf8').matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name!);
    const isOfTheList = source.endsWith('wire.ts') ? /^warren-/ : /^[a-z]+([A-Z][a-z]+)*$/;
    expect(listed.filter((name) => isOfTheList.test(name)).sort()).toEqual(names.sort());
  });
});

function withoutIndentation(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n');
}

/** The modules exist in memory only: beside the page what has no name, in a folder of the page's own what has one. */
function typeErrors(): string[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8')) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const modules = new Map<string, string>();
  for (const page of new Set(programs.map((block) => block.page))) {
    modules.set(`${process.cwd()}/${page}.check.ts`, moduleOf(page));
  }
  for (const block of programs) {
    const path = `${folderOf(block.page)}/${block.name}`;
    if (block.name !== '' && !modules.has(path)) modules.set(path, placed([block]));
  }
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, directoryExists } = host;
  host.fileExists = (path) => modules.has(path) || fileExists(path);
  host.readFile = (path) => modules.get(path) ?? readFile(path);
  host.directoryExists = (path) => path.endsWith('.md.check') || (directoryExists?.(path) ?? true);
  const program = ts.createProgram([...modules.keys()], { ...options, noEmit: true }, host);
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file === undefined || modules.has(file.fileName))
    .map(({ file, start = 0, messageText }) => {
      const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      const place = file?.fileName.slice(process.cwd().length + 1).replace(/\.check.*$/, '') ?? '';
      return `${place}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
}

function folderOf(page: string): string {
  return `${process.cwd()}/${page}.check`;
}

/** What only the check needs comes after the last block. */
function moduleOf(page: string): string {
  const blocks = programs.filter((block) => block.page === page && block.name === '');
  return `${placed(blocks)}\n${checkPreludes(page)}\nexport {};\n`;
}

/** Blank lines keep each block at its own line numbers. */
function placed(blocks: readonly CodeBlock[]): string {
  const lines: string[] = [];
  for (const { line, code } of blocks) {
    while (lines.length < line - 1) lines.push('');
    lines.push(...code.split('\n'));
  }
  return lines.join('\n');
}
