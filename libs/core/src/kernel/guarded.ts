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
