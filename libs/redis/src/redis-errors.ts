/** What Redis and its clients say -> what it means. The only file that reads their texts. */

export type Trouble =
  /** Redis is not there, or takes no writes: every call would fail alike. */
  | 'outage'
  /** User, password or permission. */
  | 'access'
  /** One command was refused. */
  | 'command';

const OUTAGES: ReadonlyArray<readonly [pattern: RegExp, cure: string]> = [
  [
    /\bOOM\b/,
    'Redis is out of memory. Raise `maxmemory`, or remember less: shorter retention, smaller results.',
  ],
  [
    /\bREADONLY\b/,
    'This Redis is a read-only replica. Give the address of the primary, or one that follows it.',
  ],
  [/\bLOADING\b/, 'Redis is loading its data after a start. It heals when that is done.'],
  [/\bMASTERDOWN\b/, 'This Redis is a replica whose primary is gone. Look at the primary.'],
  [/\bMISCONF\b/, 'Redis cannot save its data to disk and refuses writes. Look at its log and its disk.'],
  [/\bNOREPLICAS\b/, 'Too few replicas are attached for `min-replicas-to-write`. Look at the replicas.'],
  [
    /\bCLUSTERDOWN\b|\bTRYAGAIN\b|None of startup nodes|Failed to refresh slots/,
    'The cluster is not complete. Look at `CLUSTER INFO`.',
  ],
  [/\bBUSY\b/, 'A script has been running in Redis for too long. Look at `SLOWLOG`; `SCRIPT KILL` ends it.'],
];

const ACCESS = /\b(NOAUTH|WRONGPASS|NOPERM)\b|invalid username-password|invalid password/i;

const REFUSED_BY_REDIS = /^(?:ERR|NOSCRIPT|WRONGTYPE|EXECABORT|CROSSSLOT|UNKILLABLE)\b/;

export function isUnknownScript(error: Error): boolean {
  return /\bNOSCRIPT\b/.test(error.message);
}

export function troubleOf(error: Error): Trouble {
  const said = textOf(error);
  if (ACCESS.test(said)) return 'access';
  if (OUTAGES.some(([pattern]) => pattern.test(said))) return 'outage';
  // What is no answer of Redis is the connection's.
  return REFUSED_BY_REDIS.test(error.message) ? 'command' : 'outage';
}

/** What was said, and what to do about it. */
export function explain(error: Error): string {
  const said = textOf(error);
  const cure = OUTAGES.find(([pattern]) => pattern.test(said))?.[1];
  if (cure !== undefined) return `${said}: ${cure}`;
  if (ACCESS.test(said)) return `${said}: check user and password, and what the user may do.`;
  return said;
}

/** A refused connection on a host with several addresses has an empty message and its causes inside. */
function textOf(error: Error): string {
  if (error.message !== '') return error.message.replace(/\.$/, '');
  const { errors, code } = error as { readonly errors?: readonly unknown[]; readonly code?: string };
  const first = errors?.find((inner) => inner instanceof Error);
  return first?.message ?? code ?? error.name;
}
