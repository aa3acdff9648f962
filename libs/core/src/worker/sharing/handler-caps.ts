/** How many attempts of one handler run at once in this process. */
export interface HandlerCap {
  readonly limit: number;
  running: number;
}

/** What `worker.handlers` says, and how many run. */
export class HandlerCaps {
  private readonly caps: ReadonlyMap<string, HandlerCap>;
  private readonly onRoom: Array<() => void> = [];

  constructor(
    limits: ReadonlyMap<string, number>,
    /** Type -> what its handler is for; undefined: it has none. */
    private readonly patternOf: (type: string) => string | undefined,
  ) {
    this.caps = new Map([...limits].map(([pattern, limit]) => [pattern, { limit, running: 0 }]));
  }

  /** Undefined: there is none. */
  of(type: string | undefined): HandlerCap | undefined {
    const pattern = type === undefined ? undefined : this.patternOf(type);
    return pattern === undefined ? undefined : this.caps.get(pattern);
  }

  /** Jobs of one handler may come from several queues, which wait apart. */
  whenRoom(look: () => void): void {
    this.onRoom.push(look);
  }

  entered(cap: HandlerCap): void {
    cap.running += 1;
  }

  left(cap: HandlerCap): void {
    const wasFull = isFull(cap);
    cap.running -= 1;
    if (wasFull) for (const look of this.onRoom) look();
  }
}

export function isFull({ running, limit }: HandlerCap): boolean {
  return running >= limit;
}
