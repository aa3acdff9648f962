import { backlog } from './backlog.mjs';
import { boot } from './boot.mjs';
import { control } from './control.mjs';
import { delay } from './delay.mjs';
import { enqueue } from './enqueue.mjs';
import { latency } from './latency.mjs';
import { memory } from './memory.mjs';
import { peers } from './peers.mjs';
import { retry } from './retry.mjs';
import { scale } from './scale.mjs';
import { size } from './size.mjs';
import { store } from './store.mjs';
import { work } from './work.mjs';

/**
 * Groups of scenarios, by name. Each is `(quick) => scenarios`, a scenario
 * `{ title, systems, measure(stage, system) => figures by unit, rounds? }`.
 */
export const GROUPS = {
  enqueue,
  work,
  store,
  size,
  latency,
  delay,
  retry,
  boot,
  memory,
  scale,
  backlog,
  control,
  peers,
};

/** The peers are installed and measured when they are asked for. */
export const USUAL = Object.keys(GROUPS).filter((name) => name !== 'peers');

/** What `--quick` looks at: the main ratios. */
export const QUICK = ['enqueue', 'work', 'store', 'latency'];
