/**
 * Calls a function that a user gave for a decision (retryIf, backoff): when it throws, the fallback decides and
 * `report` hears of it, so that a broken policy function never loses or repeats a job.
 */
export function guarded<T>(decide: () => T, fallback: () => T, report: (error: unknown) => void): T {
  try {
    return decide();
  } catch (error) {
    report(error);
    return fallback();
  }
}

/**
 * Takes the sting out of a promise that came where a plain value was due: nobody will await it, and its rejection
 * would end the process.
 */
export function disown(value: unknown): void {
  if (value instanceof Promise) value.catch(() => undefined);
}
