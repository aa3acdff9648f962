import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const STOP_LIMIT_MS = 20_000;
const LOG_LINES = 20;

const running = new Set();
// The last resort: whatever ends this process, nothing it started outlives it.
process.on('exit', () => {
  for (const server of running) server.kill('SIGKILL');
});

/** The first of these programs that can be run; names without a slash are looked for in the PATH. */
export function findProgram(...candidates) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = candidates.flatMap((name) =>
    name.includes('/') ? [name] : folders.map((folder) => join(folder, name)),
  );
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A folder for a server's data; taken away with the server. */
export function dataFolder(name) {
  return mkdtempSync(join(tmpdir(), `warren-${name}-`));
}

/**
 * When this process dies without its last words (kill -9, a test runner that ends hard), its end of the pipe closes,
 * and the guard ends the group and takes the folder away.
 */
const GUARD = 'cat > /dev/null; kill -s KILL -- "-$1"; rm -rf "$2"';

function guard(pid, folder) {
  const child = spawn('/bin/sh', ['-c', GUARD, 'guard', String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // It has ended already, or there is no shell: the last resort is the one above.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  child.stdin.unref();
  return child;
}

/** A server as a process group of its own, with its log in its data folder; of another user with `uid` and `gid`. */
export class Server {
  #child;
  #guard;
  #exited;
  #folder;
  #failure;

  constructor(command, args, { env, folder, uid, gid }) {
    this.#folder = folder;
    const log = openSync(join(folder, 'server.log'), 'a');
    this.#child = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      detached: true,
      uid,
      gid,
    });
    closeSync(log);
    running.add(this);
    if (this.#child.pid) this.#guard = guard(this.#child.pid, folder);
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(`it ended with ${code ?? signal}`));
      this.#child.once('error', (error) => resolve(error.message));
    }).then((how) => {
      this.#failure = how;
    });
  }

  /** Waits until the probe finds nothing wrong; else what is wrong. */
  async untilReady(probe, limitMs) {
    const deadlineAt = Date.now() + limitMs;
    for (;;) {
      const problem = await probe();
      if (problem === undefined) return undefined;
      if (this.#failure !== undefined) return `${this.#failure}. ${this.#log()}`;
      if (Date.now() > deadlineAt) return `${problem}, after ${limitMs / 1000} s. ${this.#log()}`;
      await wait(200);
    }
  }

  /** Ends it and takes its folder away. */
  async stop() {
    await this.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Ends it; its folder stays. */
  async end() {
    this.kill('SIGTERM');
    const late = new AbortController();
    await Promise.race([
      this.#exited,
      wait(STOP_LIMIT_MS, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    // Helpers of the server that outlived it, and the server itself when it did not end.
    this.kill('SIGKILL');
    await this.#exited;
    running.delete(this);
    this.#guard?.kill('SIGKILL');
  }

  kill(signal) {
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // Nothing of the group is left.
    }
  }

  #log() {
    const lines = readFileSync(join(this.#folder, 'server.log'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-LOG_LINES);
    return `Its log ends with:\n${lines.join('\n')}`;
  }
}
