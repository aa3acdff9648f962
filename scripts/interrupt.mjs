import { constants } from 'node:os';

/** Ctrl-C and the like as a signal to end in order; asked twice, the process ends at once. */
export class Interrupt {
  #by;
  #controller = new AbortController();

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        if (this.#by) process.exit(128 + constants.signals[signal]);
        this.#by = signal;
        this.#controller.abort(new Error(`interrupted by ${signal}`));
      });
    }
  }

  get signal() {
    return this.#controller.signal;
  }

  /** 128 and the number of the signal; undefined: nobody interrupted. */
  get exitCode() {
    return this.#by && 128 + constants.signals[this.#by];
  }
}
