import { createInterface } from 'node:readline/promises';
import { CliError, EXIT } from './exit-codes.js';
import type { Io } from './io.js';

/**
 * Asks before something is destroyed. Without a terminal nobody can be asked, and silence is no consent.
 * @throws CliError (refused) unless the answer is yes.
 */
export async function confirm(io: Io, question: string, isYes: boolean): Promise<void> {
  if (isYes) return;
  if (!io.stdin.isTTY || !io.stderr.isTTY) {
    throw new CliError(
      EXIT.refused,
      `${question} Nothing is done: there is no terminal to ask on.`,
      'Say --yes (WARREN_YES=1) if that is meant; --dry-run shows what would be done.',
    );
  }
  const asked = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = await asked.question(`${question} Continue? [y/N] `, { signal: io.interrupt });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    asked.close();
  }
  throw new CliError(EXIT.refused, 'Nothing is done.');
}
