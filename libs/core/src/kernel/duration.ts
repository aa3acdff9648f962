import { ConfigurationError } from './errors/error.js';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w';

/** Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'14d'`, `'1w'`. */
export type Duration = number | `${number}${Unit}`;

const UNIT_MS: Readonly<Record<Unit, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const PATTERN = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/;

/** 100 years: an instant that far from now is still a whole number in a header and a valid Date. */
const LONGEST_MS = 36_525 * UNIT_MS.d;

/**
 * Whole milliseconds of `value`, or undefined when it is no duration (also when negative, not finite or above 100
 * years). Whole ones, because instants travel in headers as whole numbers.
 */
export function toMilliseconds(value: unknown): number | undefined {
  if (typeof value === 'number') return rounded(value);
  if (typeof value !== 'string') return undefined;
  const match = PATTERN.exec(value.trim());
  return match ? rounded(Number(match[1]) * UNIT_MS[match[2] as Unit]) : undefined;
}

function rounded(milliseconds: number): number | undefined {
  return milliseconds >= 0 && milliseconds <= LONGEST_MS ? Math.round(milliseconds) : undefined;
}

/**
 * Milliseconds of `value`.
 * @throws ConfigurationError naming `option` when it is no duration.
 */
export function parseDuration(value: unknown, option: string): number {
  const milliseconds = toMilliseconds(value);
  if (milliseconds === undefined) {
    throw new ConfigurationError([
      `${option}: ${shown(value)} is no duration. Give milliseconds, or a number with a unit: '250ms', '30s', '5m', '2h', '14d'; at most 100 years.`,
    ]);
  }
  return milliseconds;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? `a value of type ${typeof value}`
    : String(value);
}

/** `90_000` -> `'1m 30s'`: for logs and messages, two units at most. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`;
  const units: readonly Unit[] = ['d', 'h', 'm', 's'];
  let rest = Math.round(milliseconds / 1_000) * 1_000;
  const parts: string[] = [];
  for (const unit of units) {
    const count = Math.floor(rest / UNIT_MS[unit]);
    if (count > 0) {
      parts.push(`${count}${unit}`);
      rest -= count * UNIT_MS[unit];
    }
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}
