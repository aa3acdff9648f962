import type { Finding, FindingLevel } from '../ports/finding.js';

/** Findings as lines for people: `level  subject  message -> fix`, in columns. */

const WORDS: Readonly<Record<FindingLevel, string>> = {
  ok: 'ok',
  warn: 'WARN',
  fail: 'FAIL',
  unknown: '?',
};

/** One line for each finding, in the order given. */
export function findingLines(findings: readonly Finding[]): string[] {
  const levelWidth = Math.max(...Object.values(WORDS).map((word) => word.length));
  const subjectWidth = Math.max(0, ...findings.map(({ subject }) => subject.length));
  return findings.map(({ level, subject, message, fix }) => {
    const line = `${WORDS[level].padEnd(levelWidth)}  ${subject.padEnd(subjectWidth)}  ${message}`;
    return fix === undefined ? line : `${line} -> ${fix}`;
  });
}
