import { PassThrough, Readable } from 'node:stream';
import { run, type ExitCode, type Io, type Screen } from 'nestjs-warren-cli';

/** `warren` in this process, with streams of its own. */

export interface CliSetup {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Readable;
  /** What a terminal has. Default: none is there. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  readonly interrupt?: AbortSignal;
  readonly terminate?: AbortSignal;
  /** Hears what is written to stdout and stderr as it is written. */
  readonly onWritten?: (text: string) => void;
}

export interface CliResult {
  readonly exit: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** Of stdout; what is in it, the test knows. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as JSON.parse
  readonly json: () => any;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as JSON.parse
  readonly lines: () => any[];
}

const NEVER = new AbortController().signal;

export async function cli(argv: readonly string[], setup: CliSetup = {}): Promise<CliResult> {
  const { env = {}, stdin = '', terminal, interrupt = NEVER, terminate = NEVER, onWritten } = setup;
  const texts = { stdout: '', stderr: '' };
  const screen = (name: 'stdout' | 'stderr'): Screen => {
    const stream = new PassThrough();
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      texts[name] += text;
      onWritten?.(text);
    });
    return Object.assign(stream, terminal && { isTTY: true, ...terminal });
  };
  const input = typeof stdin === 'string' ? Readable.from(stdin === '' ? [] : [stdin]) : stdin;
  const io: Io = {
    stdin: Object.assign(input, terminal && { isTTY: true }),
    stdout: screen('stdout'),
    stderr: screen('stderr'),
    env,
    interrupt,
    terminate,
    cwd: process.cwd(),
  };
  const exit = await run(argv, io);
  // What was written last is still on its way through the streams.
  await new Promise((resolve) => setImmediate(resolve));
  return {
    exit,
    ...texts,
    json: () => JSON.parse(texts.stdout),
    lines: () =>
      texts.stdout
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
  };
}
