import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Child } from './child.mjs';
import { Proxy } from './proxy.mjs';

/** Boots that fail one after the other before the soak gives up. */
const MOST_FAILED_BOOTS = 5;
const EXIT_LIMIT_MS = 60_000;

/** One worker process at a time, with its own way to the broker; one that ended is followed by the next. */
export class WorkerSlot {
  peakMemoryBytes = 0;
  restarts = 0;
  #name;
  #settings;
  #proxy;
  #child;
  #isUp = false;
  #isEnding = false;
  #isStopped = false;
  #failedBoots = 0;
  #firstReady = deferred();

  /** @param settings `{ url, app, folder, concurrency, onProblem, onHopeless }` */
  constructor(name, settings) {
    this.#name = name;
    this.#settings = settings;
  }

  async start() {
    this.#proxy = await new Proxy(this.#settings.url).start();
    if (this.#isStopped) return this.#proxy.stop();
    this.#spawn();
    return this.#firstReady.promise;
  }

  get isUp() {
    return this.#isUp;
  }

  get pid() {
    return this.#child.pid;
  }

  kill() {
    this.#isEnding = true;
    this.#isUp = false;
    this.#child.kill('SIGKILL');
  }

  /** As a deployment does. It must exit with 0, and in time. */
  terminate() {
    this.#isEnding = true;
    this.#isUp = false;
    const child = this.#child;
    child.kill('SIGTERM');
    const limit = setTimeout(() => {
      this.#settings.onProblem(`worker ${this.#name} did not end in ${EXIT_LIMIT_MS / 1000} s after SIGTERM`);
      child.kill('SIGKILL');
    }, EXIT_LIMIT_MS);
    void child.exited.then(({ code, signal }) => {
      clearTimeout(limit);
      if (code === 0 || this.#isStopped) return;
      this.#settings.onProblem(`worker ${this.#name} ended with ${code ?? signal} after SIGTERM`);
    });
  }

  cut() {
    this.#proxy.cut();
  }

  async stop() {
    this.#isStopped = true;
    await this.#child?.end();
    this.#proxy?.stop();
  }

  #spawn() {
    const { app, folder, concurrency } = this.#settings;
    const ledger = `worker-${this.#name}-${this.restarts}`;
    this.#isEnding = false;
    const child = new Child('./worker.mjs', {
      env: {
        RABBITMQ_URL: this.#proxy.url,
        SOAK_APP: app,
        SOAK_FOLDER: folder,
        SOAK_LEDGER: ledger,
        SOAK_CONCURRENCY: String(concurrency),
      },
      log: join(folder, `${ledger}.log`),
      onMessage: ({ ready, memoryBytes }) => {
        if (memoryBytes > this.peakMemoryBytes) this.peakMemoryBytes = memoryBytes;
        if (!ready) return;
        this.#isUp = !this.#isEnding;
        this.#failedBoots = 0;
        this.#firstReady.resolve();
      },
    });
    this.#child = child;
    void child.exited.then((end) => this.#followed(end));
  }

  async #followed({ code, signal }) {
    const wasUp = this.#isUp;
    this.#isUp = false;
    if (this.#isStopped) return;
    if (!this.#isEnding) {
      const { onProblem, onHopeless } = this.#settings;
      onProblem(`worker ${this.#name} ended by itself with ${code ?? signal}`);
      if (!wasUp) this.#failedBoots += 1;
      if (this.#failedBoots >= MOST_FAILED_BOOTS) return onHopeless(`worker ${this.#name} does not start`);
      await wait(500);
      if (this.#isStopped) return;
    }
    this.restarts += 1;
    this.#spawn();
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}
