import type {
  Cancellation,
  EndedAttempt,
  ErrorDescription,
  FailureReason,
  JobRecord,
  JobState,
  LogLine,
  NewJob,
} from 'nestjs-warren/ports';

/**
 * The fields of a job's hash that readers see, in the order of `RECORD_FIELDS`. Names are short because every job has
 * them. What only scripts need: `o` `od` `sr` recorded outcome with its delay
 * and snooze reason, `on` run that ended, `km` `kc` what a cancellation keeps, `an` `ln` lengths, `pt` began with its
 * claim.
 *
 * Attempts and lines are JSON, one a line of text: a script adds one and drops the oldest without reading the rest, and
 * the whole job is one key, which expires as one.
 */
export const RECORD_FIELDS = [
  'S', // where it stands: state, generation, runs, queue, type, token that owns it
  'r', // reason of a failure
  'p', // payload
  'j', // what a new message carries besides
  'v', // result
  'e', // error
  'f', // progress
  'c', // created
  'u', // due
  'b', // started
  'z', // ended
  'h', // changed, where no other instant tells it
  'i', // attempts spent
  'm', // most attempts
  'w', // worker
  'y', // timeout
  'd', // extras
  'T', // tags
  'a', // ended attempts
  'la', // number of the attempt that completed it, which is not among those
  'l', // log lines
  'x', // cancellation
] as const;

/** What no script looks at. */
interface Extras {
  readonly p?: number;
  readonly u?: string;
  readonly c?: string;
}

export function extrasText({ priority, uniqueKey, correlationId }: NewJob): string | undefined {
  const extras: Extras = {
    ...(priority !== undefined && { p: priority }),
    ...(uniqueKey !== undefined && { u: uniqueKey }),
    ...(correlationId !== undefined && { c: correlationId }),
  };
  return Object.keys(extras).length === 0 ? undefined : JSON.stringify(extras);
}

/** A list for cjson, which refuses the halves of a surrogate pair that JSON.stringify would write. */
export function tagsText(tags: readonly string[]): string | undefined {
  return tags.length === 0 ? undefined : JSON.stringify([...new Set(tags.map(wellFormed))]);
}

export function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** Undefined when there is no such job. */
export function recordOf(id: string, values: unknown): JobRecord | undefined {
  const fields = values as ReadonlyArray<string | null>;
  const of = (name: (typeof RECORD_FIELDS)[number]): string | undefined =>
    fields[RECORD_FIELDS.indexOf(name)] ?? undefined;
  const text = of('S');
  if (text === undefined) return undefined;
  const { state, generation, queue, type } = standingOf(text);
  const extras = json<Extras>(of('d')) ?? {};
  return {
    id,
    type,
    queue,
    state,
    reason: of('r') as FailureReason | undefined,
    generation,
    payload: of('p'),
    carried: of('j'),
    result: of('v'),
    error: json<ErrorDescription>(of('e')),
    progress: of('f'),
    createdAt: Number(of('c')),
    dueAt: number(of('u')),
    startedAt: number(of('b')),
    endedAt: number(of('z')),
    changedAt: Number((state === 'active' ? of('b') : of('z')) ?? of('h') ?? of('c')),
    attempt: Number(of('i') ?? 0),
    maxAttempts: number(of('m')),
    worker: of('w'),
    timeoutMs: number(of('y')),
    priority: extras.p,
    uniqueKey: extras.u,
    correlationId: extras.c,
    tags: json<string[]>(of('T')) ?? [],
    attempts: [...lines<EndedAttempt>(of('a')), ...completion(of('la'), of('b'), of('z'), of('w'))],
    lines: lines<LogLine>(of('l')),
    cancellation: cancellationOf(of('x')),
  };
}

/** As `standing` in shared.ts writes it; sizes are bytes. */
function standingOf(text: string): Pick<JobRecord, 'state' | 'generation' | 'queue' | 'type'> {
  const [, state, generation, size, length] = /^(\S+) (\d+) \d+ (\d+):(\d+):/.exec(text)!;
  const bytes = Buffer.from(text);
  // The names begin after the size that covers them.
  const start = Buffer.byteLength(/^\S+ \d+ \d+ \d+/.exec(text)![0]);
  const queueAt = start + length!.length + 2;
  const typeAt = queueAt + Number(length) + 1;
  return {
    state: state as JobState,
    generation: Number(generation),
    queue: bytes.subarray(queueAt, typeAt - 1).toString(),
    type: bytes.subarray(typeAt, start + Number(size)).toString(),
  };
}

export function cancellationOf(text: string): Cancellation;
export function cancellationOf(text: string | undefined): Cancellation | undefined;
export function cancellationOf(text: string | undefined): Cancellation | undefined {
  const said = json<Partial<Cancellation> & { readonly at: number }>(text);
  return said && { at: said.at, reason: said.reason, by: said.by };
}

function completion(
  number: string | undefined,
  ...[startedAt, endedAt, worker]: Array<string | undefined>
): EndedAttempt[] {
  if (number === undefined) return [];
  return [
    {
      number: Number(number),
      startedAt: Number(startedAt),
      endedAt: Number(endedAt),
      worker: worker!,
      outcome: 'completed',
    },
  ];
}

function json<Value>(text: string | undefined): Value | undefined {
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as Value);
}

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function lines<Line>(text: string | undefined): Line[] {
  return text === undefined || text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Line);
}
