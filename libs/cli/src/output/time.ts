/** Instants and lengths of time, for people. */

export type TimeStyle = 'local' | 'utc' | 'relative';

export const TIME_STYLES: readonly TimeStyle[] = ['local', 'utc', 'relative'];

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `4m02s`, `27s`, `3d04h`: two units at most, the same width for the same size. */
export function lengthOfTime(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  for (const [index, [unit, unitMs]] of UNITS.entries()) {
    if (ms < unitMs) continue;
    const whole = Math.floor(ms / unitMs);
    const smaller = UNITS[index + 1];
    if (!smaller) return `${whole}${unit}`;
    const rest = Math.floor((ms % unitMs) / smaller[1]);
    return `${whole}${unit}${String(rest).padStart(2, '0')}${smaller[0]}`;
  }
  return '0s';
}

/** `1m09s ago`, `in 27s`. */
export function relativeTo(at: Date, now: number): string {
  const ms = now - at.getTime();
  if (Math.abs(ms) < 500) return 'now';
  return ms > 0 ? `${lengthOfTime(ms)} ago` : `in ${lengthOfTime(-ms)}`;
}

/** An instant as `--time` says; milliseconds where `exact`. */
export function instant(at: Date, style: TimeStyle, now: number, exact = false): string {
  if (style === 'relative') return relativeTo(at, now);
  const end = exact ? 23 : 19;
  if (style === 'utc') return `${at.toISOString().slice(0, end).replace('T', ' ')}Z`;
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, end).replace('T', ' ');
}

/** `1,204`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 queue`, `1,204 queues`. */
export function counted(value: number, thing: string): string {
  return `${count(value)} ${thing}${value === 1 ? '' : 's'}`;
}
