import type { Readable, Writable } from 'node:stream';

/** What the command has to do with: its streams, its environment, and the wish to end it. Tests bring their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts with Ctrl-C. */
  readonly interrupt: AbortSignal;
  /** Aborts with SIGTERM: of interest to what runs for long. */
  readonly terminate: AbortSignal;
  /** Folder that paths are relative to. */
  readonly cwd: string;
}

export type Screen = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
