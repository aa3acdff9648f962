/**
 * `npm run demo`: runs the sample shop on a shipped file of orders, checks what came out of it against the facts, and
 * ends by itself. Exit codes: 0 all is as expected, 1 it is not, 2 wrong flags, 130 and 143 interrupted.
 */
import { readOptions, USAGE } from './demo/options.mjs';
import { runDemo } from './demo/run.mjs';
import { Screen } from './demo/screen.mjs';
import { flagsOrExit } from './flags.mjs';
import { Interrupt } from './interrupt.mjs';

const options = flagsOrExit('demo', USAGE, readOptions);

const interrupt = new Interrupt();
const screen = new Screen(process.stdout);
try {
  const { lines, problems } = await runDemo(options, { signal: interrupt.signal, screen });
  screen.end();
  for (const found of problems) console.error(`demo: mismatch: ${found}`);
  for (const line of lines) console.log(line);
  process.exitCode = problems.length > 0 ? 1 : 0;
} catch (error) {
  screen.end();
  if (interrupt.exitCode) console.error(`demo: ${error.message}; everything it started has ended.`);
  else console.error(`demo: failed: ${error.message}`);
  process.exitCode = interrupt.exitCode ?? 1;
}
