/** The command as a function, for programs that bring their own streams. */
export { EXIT, type ExitCode } from './exit-codes.js';
export type { Io, Screen } from './io.js';
export { run } from './run.js';
