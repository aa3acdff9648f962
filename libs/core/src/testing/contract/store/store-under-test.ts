import type { JobStore } from '../../../ports/job-store.js';

/** A job store to be put to the test, started, and what the test needs besides the port. */
export interface StoreUnderTest {
  readonly store: JobStore;
  /** Another started store that knows the same, as a second process has. Closed by the case that opened it. */
  connect(): Promise<JobStore>;
  /**
   * Lets at least so many milliseconds pass for what the store forgets: on a clock of the test, or by waiting. Cases
   * ask for less than a second.
   */
  passTime(ms: number): Promise<void>;
  /**
   * Lets so many days pass for what the store forgets: on a clock of the test, or by bringing what is to expire so much
   * nearer to its end.
   */
  passDays(days: number): Promise<void>;
  /** Closes everything and takes away what the cases left. */
  dispose(): Promise<void>;
}
