import { CommanderError } from 'commander';
import { actions, type Outcome } from './act.js';
import { CliError, EXIT, PipeClosed, exitOf, type ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { safeLines } from './output/safe-text.js';
import { createProgram } from './program.js';

/**
 * One call of `warren`, without its name: everything that happens goes through `io`. Resolves with the exit code when
 * all is written and all connections are closed; never rejects.
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const outcome: Outcome = { exit: EXIT.ok };
  const program = createProgram(actions(io, outcome));
  configure(program, io);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return outcome.exit;
  } catch (error) {
    return await toldExit(error, io);
  }
}

/** Settings that commander does not hand down to verbs that exist already. */
function configure(command: ReturnType<typeof createProgram>, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => void io.stdout.write(text),
    writeErr: (text) => void io.stderr.write(safeLines(text)),
    getOutHelpWidth: () => io.stdout.columns ?? 100,
    getErrHelpWidth: () => io.stderr.columns ?? 100,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const child of command.commands) {
    child.configureHelp({ showGlobalOptions: true });
    configure(child, io);
  }
}

async function toldExit(error: unknown, io: Io): Promise<ExitCode> {
  // Help and version end so, too; its messages are written already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof PipeClosed) return EXIT.ok;
  if ((io.interrupt.aborted || io.terminate.aborted) && (error as Error | undefined)?.name === 'AbortError')
    return EXIT.interrupted;
  const { isWarrenError, redactUrls } = await import('nestjs-warren/ports');
  const tell = (text: string): void => void io.stderr.write(`${safeLines(redactUrls(text))}\n`);
  if (error instanceof CliError) {
    tell(error.message);
    if (error.hint !== undefined) tell(error.hint);
    return error.exit;
  }
  if (isWarrenError(error)) {
    tell(`${error.message} (${error.code})`);
    return exitOf(error.code);
  }
  tell(`warren: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT.failure;
}
