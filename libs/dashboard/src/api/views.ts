import type { DeadLetter, Job, JobRef, Schedule } from 'nestjs-warren';
import type { Redact } from '../redact.js';

/** What leaves over HTTP. JSON leaves out what is undefined. */

/** One line of a list: without payload, result, attempts and lines. */
export function jobRow(job: Job): object {
  const left = new Set(['payload', 'result', 'resultNotKept', 'progress', 'attempts', 'lines']);
  return Object.fromEntries(Object.entries(job).filter(([name]) => !left.has(name)));
}

export function jobInFull(job: Job, redact: Redact): object {
  return {
    ...job,
    payload: redact(job.payload),
    result: redact(job.result),
    progress: redact(job.progress),
  };
}

export function accepted({ id, type, queue, deduplicated }: JobRef): object {
  return { id, type, queue, deduplicated };
}

export function deadLetterView({ body, ...letter }: DeadLetter, redact: Redact): object {
  return {
    ...letter,
    headers: redact(letter.headers),
    sizeBytes: body.byteLength,
    payload: redact(payloadOf(body)),
  };
}

/** Undefined for a body that is no JSON: nothing could be hidden in it. */
function payloadOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

export function scheduleView(schedule: Schedule, redact: Redact): object {
  return { ...schedule, payload: redact(schedule.payload) };
}
