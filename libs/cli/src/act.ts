import type { Command } from 'commander';
import { Call } from './call.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { resolveSettings, type GlobalFlags } from './settings.js';

/** What a verb does: its own flags and arguments, as commander reads them. Nothing returned: all is well. */
export type Verb<Flags> = (call: Call, flags: Flags, args: readonly string[]) => Promise<ExitCode | void>;

/** Makes an action of commander. */
export type Act = <Flags = Record<string, never>>(
  verb: Verb<Flags>,
) => (...given: unknown[]) => Promise<void>;

/** What became of the call of a program that runs once. */
export interface Outcome {
  exit: ExitCode;
}

const interrupted = Symbol('interrupted');

export function actions(io: Io, outcome: Outcome): Act {
  return (verb) =>
    async (...given) => {
      const command = given.at(-1) as Command;
      const args = given
        .slice(0, -2)
        .flat()
        .filter((arg): arg is string => typeof arg === 'string');
      const settings = await resolveSettings(command.optsWithGlobals<GlobalFlags>(), io);
      const call = new Call(io, settings);
      try {
        const work = verb(call, command.opts() as Parameters<typeof verb>[1], args);
        const end = await Promise.race([work, untilInterrupted(call)]);
        outcome.exit = end === interrupted ? EXIT.interrupted : ((end as ExitCode | undefined) ?? EXIT.ok);
        // Nobody waits for it any more.
        if (end === interrupted) work.catch(() => undefined);
      } finally {
        await call.close();
      }
    };
}

/** Resolves with Ctrl-C, unless the verb ends by itself then. */
function untilInterrupted(call: Call): Promise<typeof interrupted> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      if (!call.isEndingItself) resolve(interrupted);
    };
    const { interruption } = call;
    if (interruption.aborted) onAbort();
    interruption.addEventListener('abort', onAbort, { once: true });
  });
}
