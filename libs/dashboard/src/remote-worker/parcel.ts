import type { JobContext } from 'nestjs-warren';
import type { Timer } from 'nestjs-warren/ports';

/** One attempt that a remote worker is to run: parked -> leased -> ended. It ends once, whoever ends it. */
export class Parcel {
  /** Of the lease, or until somebody must have come for it. */
  timer: Timer | undefined;
  lease: Lease | undefined;
  private resolve!: (result: unknown) => void;
  private reject!: (reason: unknown) => void;
  private over = false;
  /** What the handler answers with. */
  readonly outcome: Promise<unknown>;

  constructor(
    readonly job: JobContext,
    /** Of its queue's gate. */
    readonly round: number,
    private readonly onEnd: (parcel: Parcel) => void,
  ) {
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get isOver(): boolean {
    return this.over;
  }

  complete(result: unknown): void {
    if (this.close()) this.resolve(result);
  }

  fail(reason: unknown): void {
    if (this.close()) this.reject(reason);
  }

  private close(): boolean {
    if (this.over) return false;
    this.over = true;
    this.timer?.cancel();
    this.onEnd(this);
    return true;
  }
}

export interface Lease {
  /** What the remote worker calls it by; nobody can guess it. */
  readonly name: string;
  /** What each heartbeat renews it for. */
  readonly ms: number;
  /** Epoch milliseconds. */
  expiresAt: number;
}
