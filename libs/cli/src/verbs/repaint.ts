/** Screens that are painted again and again: text over text, without a flicker between. */

const HOME = '\u001b[H';
const END_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/** The frame over the one before, cut to the height of the terminal. */
export function repaint(lines: readonly string[], rows = 24): string {
  const shown = lines.slice(0, Math.max(1, rows - 1));
  return `${HOME}${shown.map((line) => `${line}${END_OF_LINE}\n`).join('')}${REST_OF_SCREEN}`;
}

/** Again and again until the signal aborts, so long behind each other. */
export async function repeat(
  signal: AbortSignal,
  everyMs: number,
  frame: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await frame();
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, everyMs);
      if (signal.aborted) done();
      else signal.addEventListener('abort', done);
    });
  }
}
