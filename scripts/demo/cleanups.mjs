/** What must end when the demo does, in reverse order of how it began. One that fails keeps no other from ending. */
export class Cleanups {
  #entries = [];

  add(what, end) {
    this.#entries.push({ what, end });
  }

  /** Ends all. @returns what did not work, one line each */
  async run() {
    const problems = [];
    for (const { what, end } of this.#entries.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        problems.push(`${what}: ${error.message}`);
      }
    }
    return problems;
  }
}
