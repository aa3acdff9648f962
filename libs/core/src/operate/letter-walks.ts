import type { Broker, DeadLetter, DeadLetterDecision } from '../ports/broker.js';

/** What one job wants of its dead letters; asked at each of them. */
type Errand = (letter: DeadLetter) => DeadLetterDecision;

interface Waiting {
  readonly id: string;
  readonly errand: Errand;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Walks through dead letters for single jobs. A walk takes a queue's dead letters as a whole, so there is one at a time
 * for each queue in this process; errands that come meanwhile share the next one.
 */
export class LetterWalks {
  private readonly lines = new Map<string, Waiting[]>();

  constructor(private readonly broker: Pick<Broker, 'visitDeadLetters'>) {}

  /**
   * Resolves when a walk that began after the call is over. Nobody else is asked about the letters of the job `id`.
   * @throws what `Broker.visitDeadLetters` throws.
   */
  walk(queue: string, id: string, errand: Errand): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = { id, errand, resolve, reject };
      const line = this.lines.get(queue);
      if (line) {
        line.push(waiting);
        return;
      }
      this.lines.set(queue, [waiting]);
      void this.serve(queue);
    });
  }

  /** Rejects never: each errand hears of its own walk. */
  private async serve(queue: string): Promise<void> {
    for (let line = this.lines.get(queue)!; line.length > 0; line = this.lines.get(queue)!) {
      this.lines.set(queue, []);
      const errands = byJob(line);
      try {
        await this.broker.visitDeadLetters(queue, (letter) => {
          const { messageId } = letter.message;
          const asked = messageId === undefined ? [] : (errands.get(messageId) ?? []);
          for (const { errand } of asked) {
            const decision = errand(letter);
            if (decision !== 'keep') return decision;
          }
          return 'keep';
        });
        for (const { resolve } of line) resolve();
      } catch (error) {
        for (const { reject } of line) reject(error);
      }
    }
    this.lines.delete(queue);
  }
}

function byJob(line: readonly Waiting[]): ReadonlyMap<string, readonly Waiting[]> {
  const jobs = new Map<string, Waiting[]>();
  for (const waiting of line) {
    const ofJob = jobs.get(waiting.id);
    if (ofJob) ofJob.push(waiting);
    else jobs.set(waiting.id, [waiting]);
  }
  return jobs;
}
