import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { ROOT, fromRoot } from './paths.mjs';

/** Starts the shop's apps with `nest start` and ends them with SIGTERM. */

/** Above Warren's own `shutdownTimeout`, after which it gives up waiting for jobs. */
const STOP_LIMIT_MS = 40_000;
const LOG_LINES = 25;

const running = new Set();
// The last resort, should the demo itself fail: nothing it started may outlive it.
process.on('exit', () => {
  for (const app of running) app.kill();
});

export class App {
  #child;
  #logFile;
  #isStopping = false;
  #exited;

  /** @param onUnexpectedExit told with an error when the app ends unasked */
  constructor(name, { env, logFile, onUnexpectedExit }) {
    this.name = name;
    this.#logFile = logFile;
    const log = openSync(logFile, 'a');
    // A group of its own, so that Ctrl-C reaches the demo alone, which ends the apps in order.
    const [command, ...args] = startCommand(name);
    this.#child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'development', NO_COLOR: '1', ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    running.add(this);
    this.#exited = once(this.#child, 'exit').then(async ([code, signal]) => {
      running.delete(this);
      if (!this.#isStopping)
        onUnexpectedExit(new Error(await this.#describe(`ended by itself with ${code ?? signal}`)));
      return code ?? signal;
    });
  }

  /** SIGTERM, and the exit code. @throws when the app does not end in time. */
  async stop() {
    this.#isStopping = true;
    this.#child.kill('SIGTERM');
    const late = new AbortController();
    const outcome = await Promise.race([
      this.#exited,
      wait(STOP_LIMIT_MS, 'late', { signal: late.signal }).catch(() => 'late'),
    ]);
    late.abort();
    if (outcome !== 'late') return outcome;
    this.kill();
    throw new Error(await this.#describe(`did not end within ${STOP_LIMIT_MS / 1000} s of SIGTERM`));
  }

  /** Ends it and all below it at once. */
  kill() {
    this.#isStopping = true;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL');
    }
  }

  async #describe(what) {
    const log = await readFile(this.#logFile, 'utf8').catch(() => '');
    const last = stripVTControlCharacters(log).trimEnd().split('\n').slice(-LOG_LINES).join('\n');
    return `${this.name} ${what}. The end of its log:\n${last}`;
  }
}

/**
 * `nest start`. Without --no-shell a signal would reach a shell and leave the app behind. Types are checked elsewhere:
 * it saves nearly half of the time to start.
 */
function startCommand(name) {
  const nest = fromRoot('node_modules/@nestjs/cli/bin/nest.js');
  const unchecked = ['--path', `apps/${name}/tsconfig.demo.json`];
  if (!ROOT.includes(' ')) return [process.execPath, nest, 'start', name, '--no-shell', ...unchecked];
  // The Nest CLI puts quotes around a path with a space, which nobody takes off again without a shell.
  const steps = '"$0" "$1" build "$2" && exec "$0" --enable-source-maps "dist/apps/$2/apps/$2/src/main.js"';
  return ['sh', '-c', steps, process.execPath, nest, name];
}
