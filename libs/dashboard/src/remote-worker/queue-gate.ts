/**
 * How many more jobs this process wants of one queue, and what it has asked the worker for: closed -> open for so many ->
 * closed. The broker hands out ahead what was asked for, so no more is asked than there are receivers who wait.
 */
export class QueueGate {
  /** Jobs that were asked for and may still come. */
  private expected = 0;
  /** Counts the times that it was opened anew: what came before makes no room in what is asked now. */
  private round = 0;
  private isOpen = false;

  constructor(private readonly ask: (count: number) => void) {}

  /** Receivers wait for so many. */
  want(count: number): void {
    if (count <= 0) {
      if (this.isOpen) this.open(0);
    } else if (!this.isOpen || count > this.expected) this.open(count);
  }

  /** A job has come. Gives the round that it belongs to. */
  arrived(): number {
    if (this.expected > 0) this.expected -= 1;
    return this.round;
  }

  /** That job has ended: while nothing was asked anew, the broker hands out another for it. */
  left(round: number): void {
    if (this.isOpen && round === this.round) this.expected += 1;
  }

  private open(count: number): void {
    this.isOpen = count > 0;
    this.expected = count;
    this.round += 1;
    this.ask(count);
  }
}
