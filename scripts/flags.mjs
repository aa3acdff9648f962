/** What a script was asked for; with wrong flags, or for help, it ends here with 2 or 0. */
export function flagsOrExit(name, usage, readOptions) {
  const { options, problem } = readOptions(process.argv.slice(2));
  if (problem) {
    console.error(`${name}: ${problem}\n\n${usage}`);
    process.exit(2);
  }
  if (options.help) {
    console.log(usage);
    process.exit(0);
  }
  return options;
}
