import type { Command } from 'commander';
import type { Act } from '../act.js';
import { usageError } from '../exit-codes.js';

/** `warren completion SHELL`: a script for the shell, which asks `warren __complete` for the words that fit. */

const SHELLS: Readonly<Record<string, string>> = {
  bash: `_warren() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(warren __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _warren warren
`,
  zsh: `#compdef warren
_warren() {
  local -a found
  found=("\${(@f)$(warren __complete -- "\${(@)words[2,CURRENT-1]}" 2>/dev/null)}")
  compadd -a found
  (( \${#found} )) || _files
}
compdef _warren warren
`,
  fish: `function __warren_words
  set -l before (commandline -opc)
  warren __complete -- $before[2..-1] 2>/dev/null
end
complete -c warren -a '(__warren_words)'
`,
};

export function addCompletion(program: Command, act: Act): void {
  program
    .command('completion')
    .argument('<shell>', Object.keys(SHELLS).join(', '))
    .description('print a script that completes words: eval "$(warren completion bash)"')
    .action(
      act(async (call, _flags, [shell]) => {
        const script = Object.hasOwn(SHELLS, shell!) ? SHELLS[shell!] : undefined;
        if (script === undefined) {
          throw usageError(
            `${JSON.stringify(shell)} is no shell known here. Known: ${Object.keys(SHELLS).join(', ')}.`,
          );
        }
        await call.out.raw(script);
      }),
    );

  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(
      act(async (call, _flags, words) => {
        const fitting = wordsAfter(program, words);
        if (fitting.length > 0) await call.out.raw(`${fitting.join('\n')}\n`);
      }),
    );
}

/** Verbs and flags that may follow what is typed already. */
export function wordsAfter(program: Command, words: readonly string[]): readonly string[] {
  let command = program;
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (child) command = child;
  }
  const verbs = command.commands.map((one) => one.name()).filter((name) => !name.startsWith('__'));
  const flags = [...command.options, ...(command === program ? [] : program.options)];
  return [...verbs, ...flags.flatMap(({ long }) => long ?? []), '--help'];
}
