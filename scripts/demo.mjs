/**
 * `npm run demo`: runs the sample shop on a shipped file of orders, checks what came out of it against the facts, and
 * ends by itself. Exit codes: 0 all is as expected, 1 it is not, 2 wrong flags, 130 and 143 interrupted.
 */
import { constants } from 'node:os';
import { readOptions, USAGE } from './demo/options.mjs';
import { runDemo } from './demo/run.mjs';
import { Screen } from './demo/screen.mjs';

const { options, problem } = readOptions(process.argv.slice(2));
if (problem) {
  console.error(`demo: ${problem}\n\n${USAGE}`);
  process.exit(2);
}
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

const interrupt = new AbortController();
let interruptedBy;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // Asked twice: at once, without waiting for what runs.
    if (interruptedBy) process.exit(128 + constants.signals[signal]);
    interruptedBy = signal;
    interrupt.abort(new Error(`interrupted by ${signal}`));
  });
}

const screen = new Screen(process.stdout);
try {
  const { lines, problems } = await runDemo(options, { signal: interrupt.signal, screen });
  screen.end();
  for (const found of problems) console.error(`demo: mismatch: ${found}`);
  for (const line of lines) console.log(line);
  process.exitCode = problems.length > 0 ? 1 : 0;
} catch (error) {
  screen.end();
  if (interruptedBy) console.error(`demo: ${error.message}; everything it started has ended.`);
  else console.error(`demo: failed: ${error.message}`);
  process.exitCode = interruptedBy ? 128 + constants.signals[interruptedBy] : 1;
}
