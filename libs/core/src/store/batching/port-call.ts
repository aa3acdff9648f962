import type { Clock } from '../../kernel/clock.js';
import { isWarrenError } from '../../kernel/errors/index.js';
import type { Availability, StoreOperation } from './availability.js';
import type { BatchLimits } from './limits.js';
import { unavailable } from './unavailable.js';

/** What came of one call of the port. `out`: the store did not answer. `refused`: it did, with an error of another kind. */
export type PortAnswer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'out' | 'refused'; readonly error: Error };

export interface PortCallParts {
  readonly limits: BatchLimits;
  readonly clock: Clock;
  readonly availability: Availability;
}

/** Calls the port within a time limit, and tells the availability what came of it. Never rejects. */
export async function callPort<T>(
  operation: StoreOperation,
  call: () => Promise<T>,
  { limits, clock, availability }: PortCallParts,
): Promise<PortAnswer<T>> {
  const startedAt = clock.elapsed();
  const answer = await answerOf(call, limits.timeoutMs, clock, availability);
  availability.called({ operation, durationMs: clock.elapsed() - startedAt, outcome: answer.kind });
  return answer;
}

async function answerOf<T>(
  call: () => Promise<T>,
  timeoutMs: number,
  clock: Clock,
  availability: Availability,
): Promise<PortAnswer<T>> {
  try {
    const value = await answerWithin(call, timeoutMs, clock, () => availability.answered());
    return { kind: 'answered', value };
  } catch (error) {
    if (isWarrenError(error, 'WARREN_STORE_UNAVAILABLE')) {
      availability.failed(error);
      return { kind: 'out', error };
    }
    // It answers, so it is there; what it does not like is this call.
    availability.answered();
    return { kind: 'refused', error: unavailable('refused a call', error) };
  }
}

function answerWithin<T>(
  call: () => Promise<T>,
  timeoutMs: number,
  clock: Clock,
  onAnswer: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer = clock.setTimer(timeoutMs, () => {
      // Where the process itself stood still, the answer lies there to be read: the first timers come before it.
      timer = clock.setTimer(0, () => reject(unavailable(`did not answer in ${timeoutMs} ms`)));
    });
    // What comes after the time has nobody waiting, but an answer says that the store is there again.
    Promise.resolve()
      .then(call)
      .then(
        (value) => {
          timer.cancel();
          onAnswer();
          resolve(value);
        },
        (error: unknown) => {
          timer.cancel();
          reject(error);
        },
      );
  });
}
