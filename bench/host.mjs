import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));

/** A process of its own that is one side of one system; calls of the parent are answered one by one. */
export class Host {
  #process;
  #calls = new Map();
  #lastCall = 0;
  /** Epoch milliseconds, with fractions. */
  forkedAt = now();

  /** @param plan `{ system, role, ...options }`, as `child.mjs` takes it */
  static async start(plan) {
    const host = new Host();
    host.#process = fork(CHILD, [JSON.stringify(plan)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: flagsOf(plan.role),
    });
    host.#process.on('message', ({ id, value, error }) => {
      const { resolve, reject } = host.#calls.get(id);
      host.#calls.delete(id);
      if (error === undefined) resolve(value);
      else reject(new Error(`${plan.system}, ${plan.role}: ${error}`));
    });
    host.#process.on('exit', (code) => {
      for (const { reject } of host.#calls.values()) {
        reject(new Error(`The ${plan.role} of ${plan.system} ended with ${code}`));
      }
    });
    await host.call('ready');
    return host;
  }

  call(name, ...args) {
    const id = (this.#lastCall += 1);
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#process.send({ id, name, args });
    });
  }

  async stop() {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    await this.call('close');
    this.#process.disconnect();
    await ended;
  }

  kill() {
    this.#process.kill('SIGKILL');
  }
}

/** One clock for all processes of a machine. */
export function now() {
  return performance.timeOrigin + performance.now();
}

/** `BENCH_WORKER_FLAGS=--cpu-prof npm run bench`: a look inside. */
function flagsOf(role) {
  return process.env[`BENCH_${role.toUpperCase()}_FLAGS`]?.split(' ') ?? [];
}
