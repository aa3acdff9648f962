import type { Command } from 'commander';
import type { Job } from 'nestjs-warren/operate';
import type { Act } from '../act.js';
import type { Call } from '../call.js';
import { CliError, EXIT } from '../exit-codes.js';
import { safe, safeJson } from '../output/safe-text.js';
import { lengthOfTime } from '../output/time.js';
import { STATE_COLOURS } from './jobs-list.js';

/** `jobs view`: all that is remembered of one job. */
export function addJobsView(jobs: Command, act: Act): void {
  jobs
    .command('view')
    .argument('<id>')
    .description('one job: its state, attempts, payload and lines')
    .action(
      act(async (call, _flags, [id]) => {
        const { jobs: queue } = await call.open({ store: 'needed' });
        const job = await queue.get(id!);
        if (!job) throw unknownJob(id!);
        await call.out.item(job, () => jobLines(call, job));
      }),
    );
}

export function unknownJob(id: string): CliError {
  return new CliError(
    EXIT.notFound,
    `The job store does not know job ${JSON.stringify(id)}.`,
    'Its retention may be over, or it is of another application: check --app-name. A dead letter may still be there: warren dead view.',
  );
}

function jobLines(call: Call, job: Job): string[] {
  const { style } = call;
  const { id, type, state, queue, attempt, maxAttempts, dueAt, correlationId, worker, cancellation } = job;
  const next = dueAt && (state === 'scheduled' || state === 'retrying') ? ` -> due ${call.ago(dueAt)}` : '';
  const reason = job.reason === undefined ? '' : ` (${job.reason})`;
  const field = (name: string, text: string): string => `  ${name.padEnd(12)} ${text}`;
  const lines = [
    `${style('bold', safe(id))} ${safe(type)}   ${style(STATE_COLOURS[state], state.toUpperCase())}${reason}${next}`,
    field(
      'queue',
      `${safe(queue)}   attempt ${attempt}${maxAttempts === undefined ? '' : ` of ${maxAttempts}`}`,
    ),
    field('created', `${call.at(job.createdAt, true)} (${call.ago(job.createdAt)})`),
  ];
  if (dueAt) lines.push(field('due', `${call.at(dueAt, true)} (${call.ago(dueAt)})`));
  if (state === 'active' && job.startedAt) {
    lines.push(field('runs since', `${call.at(job.startedAt, true)} on ${safe(worker ?? '?')}`));
  }
  if (job.endedAt && state !== 'active') lines.push(field('ended', call.at(job.endedAt, true)));
  if (correlationId !== undefined) lines.push(field('correlation', safe(correlationId)));
  if (job.priority !== undefined) lines.push(field('priority', String(job.priority)));
  if (job.tags.length > 0) lines.push(field('tags', job.tags.map(safe).join(', ')));
  for (const ended of job.attempts) {
    const error = ended.error ? `   ${safe(ended.error.name)}: ${safe(ended.error.message)}` : '';
    const ran = lengthOfTime(ended.endedAt.getTime() - ended.startedAt.getTime());
    lines.push(
      field(
        `attempt ${ended.number}`,
        `${call.at(ended.startedAt, true)}   ran ${ran}   ${ended.outcome}   worker ${safe(ended.worker)}${error}`,
      ),
    );
  }
  if (cancellation) {
    const by = cancellation.by === undefined ? '' : ` by ${safe(cancellation.by)}`;
    const why = cancellation.reason === undefined ? '' : `: ${safe(cancellation.reason)}`;
    lines.push(field('cancelled', `${call.at(cancellation.at, true)}${by}${why}`));
  }
  if (job.progress !== undefined) lines.push(field('progress', jsonText(job.progress)));
  lines.push(
    field('payload', job.payload === undefined ? '(larger than is remembered)' : jsonText(job.payload)),
  );
  if (job.result !== undefined) lines.push(field('result', jsonText(job.result)));
  if (job.resultNotKept !== undefined) lines.push(field('result', `(not kept: ${safe(job.resultNotKept)})`));
  if (job.error?.stack) {
    lines.push(...job.error.stack.split('\n').map((line) => style('gray', `      ${safe(line)}`)));
  }
  for (const { at, level, text } of job.lines)
    lines.push(field(level, `${call.at(at, true)}  ${safe(text)}`));
  return lines;
}

function jsonText(value: unknown): string {
  return safeJson(JSON.stringify(value) ?? 'null');
}
