/** What the demo shows while it runs: on a terminal one line that is rewritten, elsewhere a line each second. */

const CLEAR_LINE = '\r\u001b[2K';
const LINE_EVERY_MS = 1_000;

export class Screen {
  #stream;
  #startedAt = Date.now();
  #shownAt = 0;
  #shown = '';
  #isLineOpen = false;

  constructor(stream) {
    this.#stream = stream;
  }

  /** A step of the demo; stays on the screen. */
  step(text) {
    this.end();
    this.#stream.write(`${this.#elapsed()}  ${text}\n`);
  }

  /** The state right now; `isLast` is shown even if a line was written just before. */
  progress(text, { isLast = false } = {}) {
    const line = `${this.#elapsed()}  ${text}`;
    if (this.#stream.isTTY) {
      this.#stream.write(CLEAR_LINE + line.slice(0, (this.#stream.columns ?? 80) - 1));
      this.#isLineOpen = true;
      return;
    }
    if (text === this.#shown) return;
    if (!isLast && Date.now() - this.#shownAt < LINE_EVERY_MS) return;
    this.#shownAt = Date.now();
    this.#shown = text;
    this.#stream.write(`${line}\n`);
  }

  /** Ends a line that is being rewritten. */
  end() {
    if (this.#isLineOpen) this.#stream.write('\n');
    this.#isLineOpen = false;
  }

  #elapsed() {
    return `${((Date.now() - this.#startedAt) / 1000).toFixed(1).padStart(5)} s`;
  }
}
