import { random } from '../../../scripts/random.mjs';

/** Every few seconds something dies: which and when is the seed's choice. */
export class FaultInjector {
  /** What happened: `{ kind, pid, from, to }`. */
  faults = [];
  counts = { killed: 0, terminated: 0, cut: 0 };
  #next;
  #timer;
  #parts;

  /** @param parts `{ slots, producer, everyMs }`, `producer` with `cut()` */
  constructor(seed, parts) {
    this.#next = random(seed ^ 0x5eed);
    this.#parts = parts;
  }

  start() {
    const { everyMs } = this.#parts;
    if (everyMs === 0) return;
    this.#timer = setTimeout(
      () => {
        this.#strike();
        this.start();
      },
      everyMs * (0.5 + this.#next()),
    );
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** Those after which a job may run a second time. A drain is no excuse. */
  get excuses() {
    return this.faults.filter(({ kind }) => kind !== 'terminated');
  }

  #strike() {
    const { slots, producer } = this.#parts;
    const luck = this.#next();
    const slot = this.#upFrom(Math.floor(this.#next() * slots.length));
    if (luck < 0.15) return this.#hit('cut', 'producer', () => producer.cut());
    // All are on their way up again.
    if (!slot) return undefined;
    if (luck < 0.5) return this.#hit('killed', slot.pid, () => slot.kill());
    if (luck < 0.75) return this.#hit('cut', slot.pid, () => slot.cut());
    return this.#hit('terminated', slot.pid, () => slot.terminate());
  }

  #upFrom(first) {
    const { slots } = this.#parts;
    return [...slots.slice(first), ...slots.slice(0, first)].find(({ isUp }) => isUp);
  }

  #hit(kind, pid, act) {
    const from = Date.now();
    act();
    this.faults.push({ kind, pid, from, to: Date.now() });
    this.counts[kind] += 1;
  }
}
