/**
 * Where everything of one application lies in Redis. `{app}` is the hash tag: all its keys are in one slot, so that a
 * script may touch several of them in a cluster. The layout is described in docs/reference/redis-keys.md; the scripts
 * build the names of indices from the same prefix.
 */
export class Keys {
  /** Settled when the store is started, before the first key is asked for. */
  app: string;
  /** What every key and channel of the application begins with. */
  prefix: string;

  constructor(private readonly said: string | undefined) {
    this.app = said ?? 'warren';
    this.prefix = prefixOf(this.app);
  }

  /** The application that starts the store gives its name, unless the options say another. */
  startedBy(app: string): void {
    this.app = this.said ?? app;
    this.prefix = prefixOf(this.app);
  }

  /** Hash: one job. */
  job(id: string): string {
    return `${this.prefix}j:${id}`;
  }

  /** String: the job that holds a unique key. */
  unique(key: string): string {
    return `${this.prefix}u:${key}`;
  }

  /** Hash: one schedule. */
  schedule(name: string): string {
    return `${this.prefix}s:${name}`;
  }

  /** Set: names of schedules. */
  get schedules(): string {
    return `${this.prefix}schedules`;
  }

  /** String: who makes the jobs of schedules, for as long as its lease. */
  get leader(): string {
    return `${this.prefix}leader`;
  }

  /** Hash: what was said of limits for all processes. */
  get limits(): string {
    return `${this.prefix}lo`;
  }

  /** Channel on which a process that waits hears of free slots. */
  room(process: string): string {
    return `${this.prefix}room:${process}`;
  }

  /** Channel on which all hear of changed limits. */
  get rooms(): string {
    return `${this.prefix}rooms`;
  }

  /** Set: the types of which jobs are remembered. */
  get types(): string {
    return `${this.prefix}types`;
  }

  /** Hash: what was set at run time, and its version. */
  get settings(): string {
    return `${this.prefix}o`;
  }

  /** Sorted set: ids of workers by the instant at which they are forgotten. Beside it a string for each: `w:{id}`. */
  get workers(): string {
    return `${this.prefix}ws`;
  }

  /** String that is written to see whether Redis takes writes. */
  get probe(): string {
    return `${this.prefix}probe`;
  }

  /** Channel on which the end of a job is told. */
  channel(id: string): string {
    return `${this.prefix}end:${id}`;
  }
}

function prefixOf(app: string): string {
  return `warren:{${app}}:`;
}
