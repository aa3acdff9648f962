/**
 * Writes docs/reference/options.md and docs/reference/errors.md from the code that checks and raises them. With
 * `--check` it writes nothing, and ends with 1 when a page is not what it would write. Needs built libraries.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { ERROR_CODES } from '../libs/core/dist/kernel/errors/codes.js';
import { MODULE } from '../libs/core/dist/options/module.js';
import { describeOptions } from '../libs/core/dist/options/reference.js';
import { WORKER } from '../libs/core/dist/options/worker.js';

const FOLDER = new URL('../docs/reference/', import.meta.url);

const MADE = '<!-- Made by `npm run docs:reference` from the code; changes by hand are lost. -->';

/** Codes that the handler itself throws, and what it throws for them. */
const CONTROL = {
  WARREN_NON_RETRYABLE: 'NonRetryableJobError',
  WARREN_RETRY: 'RetryJobError',
  WARREN_SNOOZE: 'SnoozeJobError',
};

const CLASSES = {
  WARREN_CONFIGURATION: 'ConfigurationError',
  WARREN_BULK_INCOMPLETE: 'BulkEnqueueError',
  ...CONTROL,
};

function optionsPage() {
  return `# Options

${MADE}

Every option, what it takes and what it is when it is not said. Wrong ones are refused at boot, or at the call that
carries them, all in one \`ConfigurationError\`. \`undefined\` means "not said".

Durations are whole milliseconds, or text with a unit: \`'250ms'\`, \`'30s'\`, \`'5m'\`, \`'2h'\`, \`'14d'\`, \`'1w'\`; 100 years
at most.

${describeOptions()}
${section('worker.queues.<name>', 'How this process runs the jobs of one queue.', WORKER.queues.kind.members)}
${section('middleware', 'Code around enqueueing and running.', MODULE.middleware.kind.members)}
`;
}

/** Groups that stand inside of others, in the form of `describeOptions`. */
function section(title, text, members) {
  const rows = Object.entries(members).map(
    ([name, option]) =>
      `| \`${name}\` | ${cell(option.text)} | ${cell(option.kind.accepts)} | ${cell(option.defaultText)} |`,
  );
  return `## \`${title}\`

${text}

| option | what it does | takes | default |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function errorsPage() {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { what, cure }]) => `| \`${code}\` | ${cell(what)} | ${cell(cure)} |`,
  );
  const classes = Object.entries(CLASSES).map(([code, name]) => `| \`${name}\` | \`${code}\` |`);
  return `# Errors

${MADE}

Every error of Warren is a \`WarrenError\` with a stable \`code\`, a message that says what happened and what to do,
\`details\` for programs, and the \`cause\` if there is one. Recognise it with \`isWarrenError(error, code)\`, never by its
text: texts change.

| code | what happened | what to do |
| --- | --- | --- |
${rows.join('\n')}

Classes of their own:

| class | code |
| --- | --- |
${classes.join('\n')}
`;
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}

const isCheck = process.argv.includes('--check');
const stale = [];
for (const [name, page] of [
  ['options.md', optionsPage()],
  ['errors.md', errorsPage()],
]) {
  const file = new URL(name, FOLDER);
  const text = await format(page, { ...(await resolveConfig(file)), parser: 'markdown' });
  if (!isCheck) await writeFile(file, text);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) stale.push(`docs/reference/${name}`);
}
if (stale.length > 0) {
  console.error(`${stale.join(' and ')}: not what the code says. Run: npm run docs:reference`);
  process.exit(1);
}
