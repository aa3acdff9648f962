import { parseDuration, toMilliseconds, type Duration } from './duration.js';
import { ConfigurationError } from './errors/error.js';
import { disown } from './guarded.js';
import type { Random } from './random.js';

/**
 * Attempt number -> delay before the next attempt. A backoff is a value, not code, so that it can travel with a
 * job; only `custom` holds a function and stays in the process that made it. Jobs and reconnects share it.
 */

/** `half`: uniform in [half, full] of the delay (default). `full`: uniform in [0, full]. `none`: exactly the delay. */
export type Jitter = 'half' | 'full' | 'none';

export interface ExponentialBackoff {
  readonly kind: 'exponential';
  readonly fromMs: number;
  readonly toMs: number;
  readonly factor: number;
  readonly jitter: Jitter;
}

export interface LinearBackoff {
  readonly kind: 'linear';
  readonly fromMs: number;
  readonly toMs: number;
  /** Attempts from `fromMs` to `toMs`, evenly spaced; later ones stay at `toMs`. */
  readonly steps: number;
  readonly jitter: Jitter;
}

export interface FixedBackoff {
  readonly kind: 'fixed';
  readonly delayMs: number;
  readonly jitter: Jitter;
}

export interface CustomBackoff {
  readonly kind: 'custom';
  readonly delay: (attempt: number, error: unknown) => Duration;
  readonly jitter: Jitter;
}

/** What can be written into a message. */
export type PortableBackoff = ExponentialBackoff | LinearBackoff | FixedBackoff;
export type Backoff = PortableBackoff | CustomBackoff;

/**
 * Delay `from`, then times `factor` for each further attempt, never above `to`.
 * Defaults: from 1 s, to 10 min, factor 2, jitter `half`.
 */
export function exponential(
  options: { from?: Duration; to?: Duration; factor?: number; jitter?: Jitter } = {},
): ExponentialBackoff {
  const factor = options.factor ?? 2;
  if (!Number.isFinite(factor) || factor < 1) {
    throw new ConfigurationError([`exponential({ factor }): ${factor} must be a number of at least 1.`]);
  }
  const fromMs = parseDuration(options.from ?? '1s', 'exponential({ from })');
  const toMs = parseDuration(options.to ?? '10m', 'exponential({ to })');
  requireAscending('exponential', fromMs, toMs);
  return Object.freeze({ kind: 'exponential', fromMs, toMs, factor, jitter: options.jitter ?? 'half' });
}

/** Evenly spaced delays: the first attempt waits `from`, the one numbered `steps` and all later ones `to`. */
export function linear(options: {
  from: Duration;
  to: Duration;
  steps: number;
  jitter?: Jitter;
}): LinearBackoff {
  const { steps } = options;
  if (!Number.isInteger(steps) || steps < 1) {
    throw new ConfigurationError([`linear({ steps }): ${steps} must be a whole number of at least 1.`]);
  }
  const fromMs = parseDuration(options.from, 'linear({ from })');
  const toMs = parseDuration(options.to, 'linear({ to })');
  requireAscending('linear', fromMs, toMs);
  return Object.freeze({ kind: 'linear', fromMs, toMs, steps, jitter: options.jitter ?? 'half' });
}

/** The same delay each time. Default jitter: `half`. */
export function fixed(delay: Duration, options: { jitter?: Jitter } = {}): FixedBackoff {
  const delayMs = parseDuration(delay, 'fixed(delay)');
  return Object.freeze({ kind: 'fixed', delayMs, jitter: options.jitter ?? 'half' });
}

/**
 * A function of the attempt that failed (from 1) and its error. Default jitter: `none`. When the function throws or
 * returns no duration, the default backoff is used and the log says so once.
 */
export function custom(
  delay: (attempt: number, error: unknown) => Duration,
  options: { jitter?: Jitter } = {},
): CustomBackoff {
  return Object.freeze({ kind: 'custom', delay, jitter: options.jitter ?? 'none' });
}

/** The presets of the field. Source of the steps: Choria asyncjobs, `retrypolicy.go`. */
export const backoffs = Object.freeze({
  /** 20 steps from 1 s to 1 min. */
  oneMinute: linear({ from: '1s', to: '1m', steps: 20 }),
  /** 50 steps from 1 min to 10 min: the default. */
  tenMinutes: linear({ from: '1m', to: '10m', steps: 50 }),
  /** 20 steps from 10 min to 1 h. */
  oneHour: linear({ from: '10m', to: '1h', steps: 20 }),
});

/**
 * Milliseconds to wait after failed attempt number `attempt`, jitter included, rounded to whole ones.
 * @throws whatever a custom function throws, and ConfigurationError when it returns no duration.
 */
export function backoffDelayMs(backoff: Backoff, attempt: number, error: unknown, random: Random): number {
  const fullMs = fullDelayMs(backoff, attempt, error);
  switch (backoff.jitter) {
    case 'none':
      return Math.round(fullMs);
    case 'full':
      return Math.round(fullMs * random.next());
    case 'half':
      return Math.round(fullMs * (0.5 + 0.5 * random.next()));
  }
}

function fullDelayMs(backoff: Backoff, attempt: number, error: unknown): number {
  switch (backoff.kind) {
    case 'fixed':
      return backoff.delayMs;
    case 'exponential': {
      // A high power is Infinity, and 0 times it NaN.
      if (backoff.fromMs === 0) return 0;
      return Math.min(backoff.toMs, backoff.fromMs * backoff.factor ** (attempt - 1));
    }
    case 'linear': {
      if (backoff.steps === 1 || attempt >= backoff.steps) return backoff.toMs;
      return backoff.fromMs + ((backoff.toMs - backoff.fromMs) * (attempt - 1)) / (backoff.steps - 1);
    }
    case 'custom': {
      const delay: unknown = backoff.delay(attempt, error);
      disown(delay);
      return parseDuration(delay, 'custom(delay): the value returned');
    }
  }
}

/** A portable backoff out of untrusted data, or undefined when it is none. */
export function readPortableBackoff(value: unknown): PortableBackoff | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, jitter, fromMs, toMs, steps, factor, delayMs } = value as Record<string, unknown>;
  if (jitter !== 'half' && jitter !== 'full' && jitter !== 'none') return undefined;
  if (kind === 'fixed') return isDelay(delayMs) ? { kind, delayMs, jitter } : undefined;
  if (!isDelay(fromMs) || !isDelay(toMs)) return undefined;
  if (kind === 'exponential' && Number.isFinite(factor) && (factor as number) >= 1)
    return { kind, fromMs, toMs, factor: factor as number, jitter };
  if (kind === 'linear' && Number.isInteger(steps) && (steps as number) >= 1) {
    return { kind, fromMs, toMs, steps: steps as number, jitter };
  }
  return undefined;
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && toMilliseconds(value) !== undefined;
}

function requireAscending(name: string, fromMs: number, toMs: number): void {
  if (fromMs > toMs)
    throw new ConfigurationError([`${name}: from (${fromMs} ms) must not exceed to (${toMs} ms).`]);
}
