import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { getJobConnectionToken } from 'nestjs-warren';
import { systemClock } from 'nestjs-warren/ports';
import type { Warren } from 'nestjs-warren/standalone';
import { groundOf, queueFigures } from '../cluster/queue-figures.js';
import { within } from '../within.js';
import { exceeded, requireThresholds, type QueueThresholds } from './thresholds.js';

export interface HealthOptions {
  /** Default: the unnamed connection. */
  readonly connection?: string;
}

/** Orchestrators ask every few seconds, and do not wait long. */
const LIMIT_MS = 5_000;

/**
 * Indicators for Terminus, one for each part. `degraded` (HTTP stays 200): it works, and somebody should look. `down`
 * (503): it does not. None of them is for a liveness probe: nothing here is mended by a restart.
 */
@Injectable()
export class JobsHealthIndicator {
  constructor(
    private readonly health: HealthIndicatorService,
    private readonly modules: ModuleRef,
  ) {}

  /** Up: connected. Degraded: the broker takes no publishes, by an alarm. Down: no connection. */
  broker<const Key extends string>(key: Key, options: HealthOptions = {}): HealthIndicatorResult<Key> {
    const check = this.health.check(key);
    const { state, text } = this.warren(options).status();
    if (state === 'connected') return check.up({ message: text });
    return state === 'blocked' ? check.degraded({ message: text }) : check.down({ message: text });
  }

  /** Up: it answers. Degraded: it does not, and jobs go on without it. Down: there is none. */
  store<const Key extends string>(key: Key, options: HealthOptions = {}): HealthIndicatorResult<Key> {
    const check = this.health.check(key);
    const health = this.warren(options).jobs.store;
    if (!health) return check.down({ message: 'this connection has no job store' });
    const { state, text: message, late, dropped } = health;
    const said = { message, late, dropped };
    return state === 'up' ? check.up(said) : check.degraded(said);
  }

  /**
   * Up: within the thresholds. Degraded: beyond one. Down: the broker or the job store does not answer within 5 s, or
   * there is no such queue.
   * @throws ConfigurationError for wrong thresholds.
   */
  async queue<const Key extends string>(
    key: Key,
    thresholds: QueueThresholds = {},
  ): Promise<HealthIndicatorResult<Key>> {
    requireThresholds(thresholds, key);
    const check = this.health.check(key);
    const { queue = key } = thresholds;
    try {
      const figures = await within(look(this.warren(thresholds), queue), LIMIT_MS, systemClock);
      const { ready, dead, consumers, oldestAgeMs } = figures;
      if (ready === undefined) return check.down({ message: `the broker tells nothing of queue '${queue}'` });
      const said = { ready, dead, consumers, ...(oldestAgeMs !== undefined && { oldestAgeMs }) };
      const beyond = exceeded(figures, thresholds);
      return beyond.length === 0 ? check.up(said) : check.degraded({ message: beyond.join('; '), ...said });
    } catch (error) {
      return check.down({ message: error instanceof Error ? error.message : String(error) });
    }
  }

  /**
   * Up: a consumer is attached to each queue that is not held back. Degraded: handlers that were given up still run.
   * Down: a consumer is missing, or this process takes no jobs.
   */
  worker<const Key extends string>(key: Key, options: HealthOptions = {}): HealthIndicatorResult<Key> {
    const check = this.health.check(key);
    const warren = this.warren(options);
    const queues = warren.consumedQueues();
    const missing = warren.status().consumers.filter(({ attached }) => !attached);
    const { runningCount: running, zombieCount: zombies } = warren;
    if (queues.length === 0) return check.down({ message: 'this process takes no jobs' });
    if (missing.length > 0) {
      const names = [...new Set(missing.map(({ queue }) => queue))].join(', ');
      return check.down({ message: `no consumer is attached to: ${names}`, running, zombies });
    }
    const message = `${zombies} handlers still run although their attempt was given up`;
    return zombies > 0
      ? check.degraded({ message, running, zombies })
      : check.up({ queues: queues.length, running, zombies });
  }

  /**
   * Up: this process makes the jobs of schedules, or would if it led. Degraded: the last occurrence of a schedule made no
   * job. Down: it takes no part, or the job store does not answer.
   */
  async scheduler<const Key extends string>(
    key: Key,
    options: HealthOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const check = this.health.check(key);
    const warren = this.warren(options);
    const { part } = warren.scheduling;
    if (part === undefined) return check.down({ message: 'this process takes no part in schedules' });
    if (part === 'still')
      return check.down({ message: 'schedules stand still: the job store does not answer' });
    try {
      const schedules = await within(warren.jobs.schedules.list(), LIMIT_MS, systemClock);
      const failing = schedules.filter(({ error }) => error !== undefined).map(({ name }) => name);
      const said = { part, schedules: schedules.length };
      if (failing.length === 0) return check.up(said);
      return check.degraded({ message: `the last occurrence made no job: ${failing.join(', ')}`, ...said });
    } catch (error) {
      return check.down({ message: error instanceof Error ? error.message : String(error) });
    }
  }

  private warren({ connection }: HealthOptions): Warren {
    return this.modules.get<Warren>(getJobConnectionToken(connection), { strict: false });
  }
}

async function look(warren: Warren, queue: string) {
  return queueFigures(warren, queue, await groundOf(warren, systemClock.now()));
}
