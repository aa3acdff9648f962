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
  'S', // where it stands: state, generation, runs, queue, type, token that owns it, created, marks, run, completion
  'r', // reason of a failure
  'p', // payload
  'j', // what a new message carries besides
  'v', // result
  'e', // error
  'f', // progress
  'u', // due
  'b', // started, where 'S' does not tell it; and so on
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
  /** Parent. */
  readonly f?: string;
  /** Root. */
  readonly r?: string;
}

export function extrasText(job: NewJob): string | undefined {
  const { priority, uniqueKey, correlationId, parentId, rootId } = job;
  const extras: Extras = {
    ...(priority !== undefined && { p: priority }),
    ...(uniqueKey !== undefined && { u: uniqueKey }),
    ...(correlationId !== undefined && { c: correlationId }),
    ...(parentId !== undefined && { f: parentId }),
    ...(rootId !== undefined && { r: rootId }),
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
  const own = (name: (typeof RECORD_FIELDS)[number]): string | undefined =>
    fields[RECORD_FIELDS.indexOf(name)] ?? undefined;
  const text = own('S');
  if (text === undefined) return undefined;
  const { state, generation, queue, type, createdAt, run } = standingOf(text);
  const together = runOf(run);
  const of = (name: (typeof RECORD_FIELDS)[number]): string | undefined => together[name] ?? own(name);
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
    createdAt,
    dueAt: number(of('u')),
    startedAt: number(of('b')),
    endedAt: number(of('z')),
    changedAt: Number((state === 'active' ? of('b') : of('z')) ?? of('h') ?? createdAt),
    attempt: Number(of('i') ?? 0),
    maxAttempts: number(of('m')),
    worker: of('w'),
    timeoutMs: number(of('y')),
    priority: extras.p,
    uniqueKey: extras.u,
    correlationId: extras.c,
    parentId: extras.f,
    rootId: extras.r,
    tags: json<string[]>(of('T')) ?? [],
    attempts: [...lines<EndedAttempt>(of('a')), ...completion(of('la'), of('b'), of('z'), of('w'))],
    lines: lines<LogLine>(of('l')),
    cancellation: cancellationOf(of('x')),
  };
}

type Together = Partial<Record<(typeof RECORD_FIELDS)[number], string>>;

/** What `apart` in shared.ts takes apart. */
function runOf(text: Buffer): Together {
  if (text.length === 0) return {};
  const [head, b, i, m, y, size] = /^ (\d+) (\S+) (\S+) (\S+) (\d+):/.exec(text.toString('latin1')) ?? [' ~'];
  const end = head.length + Number(size ?? 0);
  const [, z, la, began = b] = text.toString('latin1', end).split(' ');
  return {
    ...(b !== undefined && { i, w: text.toString('utf8', head.length, end) }),
    ...(m !== '-' && { m }),
    ...(y !== '-' && { y }),
    b: began,
    z,
    la,
  };
}

interface Standing extends Pick<JobRecord, 'state' | 'generation' | 'queue' | 'type' | 'createdAt'> {
  /** What tells of its run. */
  readonly run: Buffer;
}

/** As `read` in shared.ts reads it; sizes are bytes. */
function standingOf(text: string): Standing {
  const bytes = Buffer.from(text);
  const plain = bytes.toString('latin1');
  const [head, state, generation, size, length] = /^(\S+) (\d+) \d+ (\d+):(\d+):/.exec(plain)!;
  // The names begin after the size that covers them, and what stands before them in the match.
  const end = head.length - length!.length - 2 + Number(size);
  const typeAt = head.length + Number(length) + 1;
  const [token = '', tokenSize = 0] = /^=(\d+):/.exec(plain.slice(end)) ?? [];
  const [rest, createdAt] = / (\S+) \S+/y.exec(plain.slice(end + token.length + Number(tokenSize)))!;
  return {
    state: state as JobState,
    generation: Number(generation),
    queue: bytes.toString('utf8', head.length, typeAt - 1),
    type: bytes.toString('utf8', typeAt, end),
    createdAt: Number(createdAt),
    run: bytes.subarray(end + token.length + Number(tokenSize) + rest.length),
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
