import { spawn } from 'node:child_process';
import { once } from 'node:events';

// Plain JavaScript without types, which scripts use too.
const programsModule = '../../scripts/services/prometheus-programs.mjs';
const { needPrometheusPrograms } = (await import(programsModule)) as {
  needPrometheusPrograms(): { readonly server: string; readonly tool: string };
};

/** Paths of the installed programs; they are installed where that can be done. @throws what to do else */
export const prometheusPrograms = needPrometheusPrograms;

/** Runs promtool with text as its input; resolves with how it ended and what it said. */
export async function promtool(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(needPrometheusPrograms().tool, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

/** One line of a scrape. */
export interface Scraped {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;

/** The samples of the text format. */
export function samplesOf(text: string): Scraped[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key!, text!]);
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
  });
}
