/** A scheduler that runs apart from whoever began it. */
export interface Stepper {
  /**
   * Does `work`, which writes to the same store, between two steps: who waits for SQLite's lock is not next in line, and steps that
   * follow each other hold it nearly all the time.
   */
  between<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when the current step has ended; one that takes longer than `graceMs` is given up, and rolled back by whoever opens the store. */
  stop(graceMs: number): Promise<void>;
}
