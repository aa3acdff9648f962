import { spawn, type ChildProcess } from 'node:child_process';
import type { JobContext, NonRetryableJobError } from 'nestjs-warren/standalone';

/**
 * A handler that runs a program: payload as JSON on stdin, facts about the job in its environment, stdout as the result,
 * stderr as its log, and the exit code decides. No shell stands between: what is in a payload is never read as a command.
 */

export interface ProcessHandlerParts {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Of the programs, besides the facts. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** From SIGTERM to SIGKILL, in milliseconds. */
  readonly killAfterMs: number;
  readonly NonRetryable: typeof NonRetryableJobError;
}

/** The exit code with which a program says that trying again is useless: EX_DATAERR of sysexits.h. */
export const EXIT_FOR_GOOD = 65;

/** What is kept of stdout. */
const MOST_RESULT_BYTES = 5_000_000;
const LONGEST_LINE = 2_000;

/** An attempt whose program did not end with 0. */
export class ProgramError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProgramError';
  }
}

/** Programs that run, so that nobody leaves before they have ended. */
export class Programs {
  private readonly running = new Set<Promise<unknown>>();

  constructor(private readonly parts: ProcessHandlerParts) {}

  /** One attempt. Rejects for every end but exit code 0. */
  run(job: JobContext): Promise<unknown> {
    const attempt = runProgram(job, this.parts);
    this.running.add(attempt);
    const ended = (): void => void this.running.delete(attempt);
    attempt.then(ended, ended);
    return attempt;
  }

  /** Resolves when none runs any more. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.running);
  }
}

async function runProgram(job: JobContext, parts: ProcessHandlerParts): Promise<unknown> {
  const { command, env, cwd, killAfterMs, NonRetryable } = parts;
  const [file, ...args] = command;
  job.signal.throwIfAborted();
  const child = spawn(file!, args, {
    cwd,
    env: { ...env, ...factsOf(job) },
    stdio: ['pipe', 'pipe', 'pipe'],
    shell: false,
    // A group of its own, so that what it starts ends with it, and a Ctrl-C is for Warren alone.
    detached: process.platform !== 'win32',
  });
  const stopKilling = killOnAbort(child, job.signal, killAfterMs);
  try {
    const [result, lastLine, end] = await Promise.all([
      outputOf(child),
      logOf(child, job),
      endOf(child),
      feed(child, job.payload),
    ]);
    // Timeout, cancel or shutdown: whatever it made of the SIGTERM.
    job.signal.throwIfAborted();
    const said = lastLine === '' ? '' : `: ${lastLine}`;
    if (end.signal) throw new ProgramError(`${file} was killed by ${end.signal}${said}`);
    if (end.code === EXIT_FOR_GOOD) throw new NonRetryable(`${file} ended with exit code ${end.code}${said}`);
    if (end.code !== 0) throw new ProgramError(`${file} ended with exit code ${end.code}${said}`);
    if (result === undefined)
      job.logger.warn(`stdout is larger than ${MOST_RESULT_BYTES} bytes: no result is kept`);
    return result === undefined ? undefined : valueOf(result);
  } finally {
    stopKilling();
  }
}

/** As text; no environment can carry a zero byte. */
export function factsOf(job: JobContext): Record<string, string> {
  const facts: Record<string, string> = {
    WARREN_JOB_ID: job.id,
    WARREN_JOB_TYPE: job.type,
    WARREN_JOB_QUEUE: job.queue,
    WARREN_JOB_ATTEMPT: String(job.attempt),
    WARREN_JOB_MAX_ATTEMPTS: String(job.maxAttempts),
    WARREN_JOB_CORRELATION_ID: job.correlationId,
    WARREN_JOB_ENQUEUED_AT: job.enqueuedAt.toISOString(),
    WARREN_JOB_REDELIVERED: String(job.redelivered),
    WARREN_JOB_HEADERS: JSON.stringify(job.headers),
    ...(job.deadline && { WARREN_JOB_DEADLINE: job.deadline.toISOString() }),
  };
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, value.replaceAll('\0', '')]));
}

/** JSON where it is some, else the text without the line feed at its end; nothing at all is no result. */
export function valueOf(stdout: string): unknown {
  if (stdout.trim() === '') return undefined;
  try {
    return JSON.parse(stdout);
  } catch {
    return stdout.replace(/\r?\n$/, '');
  }
}

/** A program need not read it. */
async function feed({ stdin }: ChildProcess, payload: unknown): Promise<void> {
  stdin!.on('error', () => undefined);
  stdin!.end(JSON.stringify(payload ?? null));
}

/** Undefined: it was too large. */
async function outputOf({ stdout }: ChildProcess): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdout! as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // It is read on, so that the program does not stand still.
    if (bytes <= MOST_RESULT_BYTES) chunks.push(chunk);
  }
  return bytes <= MOST_RESULT_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined;
}

/** Each line of stderr goes to the job's log. Gives the last one that says something. */
async function logOf({ stderr }: ChildProcess, job: JobContext): Promise<string> {
  let rest = '';
  let last = '';
  const tell = (line: string): void => {
    if (line.trim() === '') return;
    last = line.slice(0, LONGEST_LINE).trimEnd();
    job.logger.info(last);
  };
  stderr!.setEncoding('utf8');
  for await (const chunk of stderr! as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    lines.forEach(tell);
    if (rest.length <= LONGEST_LINE) continue;
    tell(rest);
    rest = '';
  }
  tell(rest);
  return last;
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Rejects when it cannot be started. */
function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** SIGTERM, and SIGKILL for what does not heed it. Returns what ends the watch. */
function killOnAbort(child: ChildProcess, signal: AbortSignal, killAfterMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    killGroup(child, 'SIGTERM');
    timer = setTimeout(() => killGroup(child, 'SIGKILL'), killAfterMs);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}
