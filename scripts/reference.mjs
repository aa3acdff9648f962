/**
 * Writes docs/reference/options.md, errors.md and rabbitmq-versions.md from the code that they describe. With
 * `--check` it writes nothing, and ends with 1 when a page is not what it would write. Needs built libraries.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { CAPABILITIES } from '../libs/core/dist/broker/rabbitmq/capabilities.js';
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
${section('worker.handlers.<type>', 'How this process runs the jobs of one handler.', WORKER.handlers.kind.members)}
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

/** `[4, 3, 0]` -> `4.3`; `[3, 13, 3]` -> `3.13.3`. */
function release([major, minor, patch]) {
  return patch === 0 ? `${major}.${minor}` : `${major}.${minor}.${patch}`;
}

function versionsPage() {
  const rows = Object.values(CAPABILITIES).map(({ since, gap, what, withIt, without, source }) => {
    const from = gap
      ? `${release(since)}, not from ${gap[0].join('.')} until ${release(gap[1])}`
      : release(since);
    return `| ${cell(what)} | ${from} | ${cell(withIt)} | ${cell(without)} | [source](${source}) |`;
  });
  return `# RabbitMQ by version

${MADE}

What versions of RabbitMQ can do, as far as Warren uses it or warns of it. Integration
tests hold the broker at hand to this table (\`capabilities.spec.ts\`, \`broker-check-management.spec.ts\`); they are run on
3.10, 4.0 and 4.3. The gap in 3.13 is known from its report alone.
\`jobs.topology.check()\` and the lines at boot follow it ([check the broker](../how-to/check-the-broker.md)).

| what | since | with it | without it | from |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
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
  ['rabbitmq-versions.md', versionsPage()],
]) {
  const file = new URL(name, FOLDER);
  const text = await format(page, { ...(await resolveConfig(file)), parser: 'markdown' });
  if (!isCheck) await writeFile(file, text);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) stale.push(`docs/reference/${name}`);
}
if (stale.length > 0) {
  console.error(`${stale.join(', ')}: not what the code says. Run: npm run docs:reference`);
  process.exit(1);
}
