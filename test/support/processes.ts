import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

/** Runs other programs for tests: output collected, time bounded, nothing left behind. */

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Then the program and all below it are killed. Default 2 min. */
  readonly limitMs?: number;
}

export interface RunResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the limit was over first. */
  readonly timedOut: boolean;
}

/** A program that runs, and what it has said so far. */
export class RunningProgram {
  stdout = '';
  stderr = '';
  readonly pid: number;
  readonly result: Promise<RunResult>;
  private timedOut = false;

  constructor(command: string, args: readonly string[], { env = {}, limitMs = 120_000 }: RunOptions = {}) {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.pid = child.pid ?? 0;
    const limit = setTimeout(() => {
      this.timedOut = true;
      this.killTree();
    }, limitMs);
    this.result = once(child, 'close').then(([code, signal]) => {
      clearTimeout(limit);
      return {
        code: code as number | null,
        signal: signal as NodeJS.Signals | null,
        stdout: this.stdout,
        stderr: this.stderr,
        timedOut: this.timedOut,
      };
    });
  }

  /** Ends it and all below it, groups of their own included. */
  killTree(): void {
    for (const pid of [...descendantsOf(this.pid), this.pid]) kill(pid, 'SIGKILL');
  }
}

export function run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult> {
  return new RunningProgram(command, args, options).result;
}

/** Pids below a process, the deepest first. */
export function descendantsOf(pid: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const [child, parent] of parents()) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), child]);
  const below = (parent: number): number[] =>
    (childrenOf.get(parent) ?? []).flatMap((child) => [...below(child), child]);
  return below(pid);
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** [pid, parent's pid] of every process. `ps` is missing in slim images, /proc on other systems than Linux. */
function parents(): ReadonlyArray<readonly [number, number]> {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const parent = parentFromProc(name);
        return parent === undefined ? [] : [[Number(name), parent] as const];
      });
  }
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return [pid ?? 0, parent ?? 0] as const;
  });
}

/** The fields behind the name, which is in brackets and may hold anything: state, parent, ... */
function parentFromProc(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It ended between the listing and the reading.
    return undefined;
  }
}
