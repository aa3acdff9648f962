/** Runs one call of the port: refuses it after close, and makes what it throws a rejection. */
export type Answer = <T>(call: () => T) => Promise<T>;
