import type { Duration } from 'nestjs-warren';
import {
  ConfigurationError,
  checkGroup,
  durationBetween,
  kindOf,
  optional,
  type Declares,
} from 'nestjs-warren/ports';
import type { QueueFigures } from '../cluster/queue-figures.js';

/** What makes a queue degraded. What is not said is not looked at. */
export interface QueueThresholds {
  /** Default: the key. */
  readonly queue?: string;
  /** The longest that a job which is due may wait. Needs a job store. */
  readonly maxAge?: Duration;
  /** Jobs that may wait in the queue. */
  readonly maxDepth?: number;
  /** Workers that must take jobs from it. */
  readonly minConsumers?: number;
  /** Default: the unnamed connection. */
  readonly connection?: string;
}

const count = kindOf(
  'a whole number of at least 0',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  (value) => value as number,
);
const text = kindOf(
  'text that is not empty',
  (value) => typeof value === 'string' && value !== '',
  (value) => value as string,
);

const THRESHOLDS = {
  queue: optional(text, 'Name of the queue.', 'the key'),
  maxAge: optional(durationBetween(0), 'The longest that a job which is due may wait.', 'any time'),
  maxDepth: optional(count, 'Jobs that may wait in the queue.', 'any number'),
  minConsumers: optional(count, 'Workers that must take jobs from it.', 'none'),
  connection: optional(text, 'Name of the connection.', 'the unnamed one'),
} satisfies Declares<QueueThresholds>;

/** @throws ConfigurationError listing every problem. */
export function requireThresholds(thresholds: QueueThresholds, key: string): void {
  const problems = checkGroup(THRESHOLDS, thresholds).map((problem) => `queue('${key}'): ${problem}`);
  if (problems.length > 0) throw new ConfigurationError(problems);
}

/** What is beyond a threshold, one phrase each. */
export function exceeded(figures: QueueFigures, thresholds: QueueThresholds): string[] {
  const { ready = 0, consumers = 0, oldestAgeMs } = figures;
  const { maxDepth = Infinity, minConsumers = 0 } = thresholds;
  const maxAgeMs = THRESHOLDS.maxAge.resolve(thresholds.maxAge) ?? Infinity;
  const said: string[] = [];
  if (maxAgeMs < Infinity && oldestAgeMs === undefined)
    said.push('its age is not known, as there is no job store');
  if (oldestAgeMs !== undefined && oldestAgeMs > maxAgeMs)
    said.push(`a job has waited ${Math.round(oldestAgeMs)} ms, more than ${maxAgeMs}`);
  if (ready > maxDepth) said.push(`${ready} jobs wait, more than ${maxDepth}`);
  if (consumers < minConsumers)
    said.push(`${consumers} workers take jobs from it, fewer than ${minConsumers}`);
  return said;
}
