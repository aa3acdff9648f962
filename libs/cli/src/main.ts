#!/usr/bin/env node
import type { Io } from './io.js';
import { run } from './run.js';

/** The command itself: this process as `Io`. */

const interrupt = new AbortController();
const terminate = new AbortController();

/** One Ctrl-C may come twice, from the terminal and from a program between: what follows within this time is the same. */
const SAME_SIGNAL_MS = 300;
let firstAt: number | undefined;

function onSignal(controller: AbortController): void {
  const now = performance.now();
  if (firstAt !== undefined && now - firstAt > SAME_SIGNAL_MS) process.exit(130);
  firstAt ??= now;
  controller.abort();
}

process.on('SIGINT', () => onSignal(interrupt));
process.on('SIGTERM', () => onSignal(terminate));
// Whoever read it is gone: the printer hears of it, and the rest is for nobody.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupt: interrupt.signal,
  terminate: terminate.signal,
  cwd: process.cwd(),
};

const code = await run(process.argv.slice(2), io);
process.exitCode = code;
// A terminal that was asked something keeps the process alive.
process.stdin.unref?.();
