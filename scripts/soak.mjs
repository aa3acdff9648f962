/**
 * `npm run soak`: many jobs through several workers while workers are killed and connections cut; counts what became
 * of each job. Exit codes: 0 nothing is lost, 1 a job is lost or something else is wrong, 2 wrong flags, 130 and 143
 * interrupted.
 */
import { execFileSync } from 'node:child_process';
import { USAGE, readOptions } from '../test/faults/soak/options.mjs';
import { runSoak } from '../test/faults/soak/run.mjs';
import { Cleanups } from './demo/cleanups.mjs';
import { ROOT, fromRoot } from './demo/paths.mjs';
import { Screen } from './demo/screen.mjs';
import { flagsOrExit } from './flags.mjs';
import { Interrupt } from './interrupt.mjs';
import { findOrStartServices } from './services.mjs';

const options = flagsOrExit('soak', USAGE, readOptions);

const interrupt = new Interrupt();
const screen = new Screen(process.stdout);
const cleanups = new Cleanups();
let lines = [];
try {
  const services = await findOrStartServices({ rabbitmq: true, say: (what) => screen.step(what) });
  cleanups.add('services', () => services.stop());
  screen.step(services.how);
  interrupt.signal.throwIfAborted();
  const compiler = [fromRoot('node_modules/typescript/bin/tsc'), '-b', 'libs/core/tsconfig.lib.json'];
  execFileSync(process.execPath, compiler, { cwd: ROOT, stdio: 'inherit' });
  const { rabbitmqUrl } = services;
  const result = await runSoak(options, { rabbitmqUrl, signal: interrupt.signal, cleanups, screen });
  lines = result.lines;
  process.exitCode = result.isGood ? 0 : 1;
} catch (error) {
  screen.end();
  console.error(`soak: ${interrupt.exitCode ? '' : 'failed: '}${error.message}`);
  process.exitCode = interrupt.exitCode ?? 1;
} finally {
  screen.end();
  for (const leftOver of await cleanups.run()) {
    console.error(`soak: could not clean up: ${leftOver}`);
    process.exitCode ||= 1;
  }
  for (const line of lines) console.log(line);
}
