import { readProfile, type Profile } from './config-file.js';
import { usageError } from './exit-codes.js';
import type { Io } from './io.js';
import { FORMATS, type Format } from './output/printer.js';
import { TIME_STYLES, type TimeStyle } from './output/time.js';

/** Flags, variables, profile, built-in: the first that says something decides, setting by setting. */

/** As commander gives the flags that every verb takes. */
export interface GlobalFlags {
  readonly amqp?: string;
  readonly management?: string;
  readonly redis?: string;
  readonly appName?: string;
  readonly profile?: string;
  readonly config?: string;
  readonly output?: string;
  readonly time?: string;
  readonly timeout?: string;
  readonly color: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly yes?: boolean;
}

export interface Settings {
  readonly amqp: string | undefined;
  readonly management: string | undefined;
  readonly redis: string | undefined;
  readonly appName: string;
  readonly queues: Readonly<Record<string, object>>;
  readonly format: Format;
  readonly time: TimeStyle;
  /** Whether `--timeout` or its like was said. */
  readonly isTimeoutSaid: boolean;
  readonly timeoutMs: number;
  readonly isColourRefused: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  readonly isYes: boolean;
}

const DEFAULT_TIMEOUT = '10s';

export async function resolveSettings(flags: GlobalFlags, io: Pick<Io, 'env' | 'cwd'>): Promise<Settings> {
  const { env } = io;
  const said = (name: string): string | undefined => env[`WARREN_${name}`] || undefined;
  const profile: Profile = await readProfile(io, {
    file: flags.config ?? said('CONFIG'),
    name: flags.profile ?? said('PROFILE'),
  });
  const timeout = flags.timeout ?? said('TIMEOUT') ?? profile.timeout;
  return {
    amqp: flags.amqp ?? said('AMQP') ?? profile.amqp,
    management: flags.management ?? said('MANAGEMENT') ?? profile.management,
    redis: flags.redis ?? said('REDIS') ?? profile.redis,
    appName: flags.appName ?? said('APP_NAME') ?? profile.appName ?? 'warren',
    queues: profile.queues ?? {},
    format: oneOf(FORMATS, flags.output ?? said('OUTPUT') ?? profile.output ?? 'text', 'output'),
    time: oneOf(TIME_STYLES, flags.time ?? said('TIME') ?? profile.time ?? 'local', 'time'),
    isTimeoutSaid: timeout !== undefined,
    timeoutMs: milliseconds(timeout ?? DEFAULT_TIMEOUT, 'timeout'),
    isColourRefused: !flags.color,
    isQuiet: flags.quiet === true || isOn(said('QUIET')),
    isVerbose: flags.verbose === true || isOn(said('VERBOSE')),
    isYes: flags.yes === true || isOn(said('YES')),
  };
}

const isOn = (value: string | undefined): boolean =>
  value !== undefined && !['0', 'false', 'no'].includes(value);

function oneOf<Word extends string>(words: readonly Word[], said: string, name: string): Word {
  if ((words as readonly string[]).includes(said)) return said as Word;
  throw usageError(`--${name}: ${JSON.stringify(said)} is none of ${words.join(', ')}.`);
}

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Whole milliseconds of `30s`, `5m`, `250ms`. @throws CliError (usage) naming the flag. */
export function milliseconds(said: string, flag: string): number {
  const match = DURATION.exec(said.trim());
  const ms = match ? Math.round(Number(match[1]) * UNIT_MS[match[2]!]!) : NaN;
  if (Number.isSafeInteger(ms)) return ms;
  throw usageError(
    `--${flag}: ${JSON.stringify(said)} is no duration. Give one such as 250ms, 30s, 5m or 2h.`,
  );
}

/** A whole number in bounds. @throws CliError (usage) naming the flag. */
export function wholeNumber(said: string, flag: string, least = 1, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(said) ? Number(said) : NaN;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw usageError(`--${flag}: ${JSON.stringify(said)} is no whole number ${range}.`);
}

/** `50/s`, `300/m`, `50`: things a second. */
export function ratePerSecond(said: string, flag = 'rate'): number {
  const match = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(said.trim());
  const value = match ? Number(match[1]) / (UNIT_MS[match[2] ?? 's']! / 1_000) : NaN;
  if (value > 0 && Number.isFinite(value)) return value;
  throw usageError(`--${flag}: ${JSON.stringify(said)} is no rate. Give one such as 50/s or 300/m.`);
}

/** An instant (`2026-01-31T08:00:00Z`), or how long ago (`2h`). */
export function instantSaid(said: string, flag: string, now: number): Date {
  if (DURATION.test(said.trim())) return new Date(now - milliseconds(said, flag));
  const at = new Date(said);
  if (/^\d{4}-\d\d-\d\d/.test(said) && !Number.isNaN(at.getTime())) return at;
  throw usageError(
    `--${flag}: ${JSON.stringify(said)} is no time. Give an instant such as 2026-01-31T08:00:00Z, or how long ago, such as 2h.`,
  );
}
