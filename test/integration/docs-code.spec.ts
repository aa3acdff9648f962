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

/**
 * Holds the documentation to the code. A `ts` block with a file's name quotes that file; those without one are
 * compiled, all of a page together; links must lead somewhere.
 */

const pages = documentationPages();
const typescript = pages.flatMap(codeBlocks).filter(({ language }) => language === 'ts');
const quotes = typescript.filter(({ name }) => name.includes('/'));
const programs = typescript.filter(({ name }) => !name.includes('/'));

describe('code in the documentation', () => {
  it('is there', () => {
    expect(quotes.length).toBeGreaterThan(5);
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

function withoutIndentation(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n');
}

/** Each page is one module, which exists in memory only, beside the page. */
function typeErrors(): string[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8')) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const modules = new Map<string, string>();
  for (const page of new Set(programs.map((block) => block.page))) {
    modules.set(`${process.cwd()}/${page}.check.ts`, moduleOf(page));
  }
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => modules.has(path) || fileExists(path);
  host.readFile = (path) => modules.get(path) ?? readFile(path);
  const program = ts.createProgram([...modules.keys()], { ...options, noEmit: true }, host);
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file === undefined || modules.has(file.fileName))
    .map(({ file, start = 0, messageText }) => {
      const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      const place = file ? file.fileName.slice(process.cwd().length + 1).replace('.check.ts', '') : '';
      return `${place}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
}

/** Blank lines keep each block at its own line numbers; what only the check needs comes after the last. */
function moduleOf(page: string): string {
  const lines: string[] = [];
  const put = ({ line, code }: CodeBlock): void => {
    while (lines.length < line - 1) lines.push('');
    lines.push(...code.split('\n'));
  };
  programs.filter((block) => block.page === page).forEach(put);
  return `${lines.join('\n')}\n${checkPreludes(page)}\nexport {};\n`;
}
