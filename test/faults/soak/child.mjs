import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A process of the soak: what it prints goes to its log, what it tells comes by IPC. */
export class Child {
  exited;
  hasExited = false;
  #process;

  constructor(script, { env, log, onMessage }) {
    const output = openSync(log, 'a');
    this.#process = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output, 'ipc'],
    });
    closeSync(output);
    this.#process.on('message', onMessage);
    this.exited = once(this.#process, 'exit').then(([code, signal]) => {
      this.hasExited = true;
      return { code, signal };
    });
  }

  get pid() {
    return this.#process.pid;
  }

  send(message) {
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  kill(signal) {
    this.#process.kill(signal);
  }

  async end() {
    if (!this.hasExited) this.#process.kill('SIGKILL');
    await this.exited;
  }
}
