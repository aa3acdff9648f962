import type { EnqueueMiddleware, JobMiddleware, JobMoment, Moment } from 'nestjs-warren';
import type { Clock } from 'nestjs-warren/ports';
import { InHand } from '../in-hand.js';
import { occurrenceOf } from '../occurrence.js';
import { BoundedNames } from './bounded-names.js';
import { enqueueReasonOf, finalStateOf, outcomeOf, rejectionOf } from './outcomes.js';
import type { Labels, MetricsPort, Sample } from './port.js';

export interface JobMetricsParts {
  readonly connection: string;
  readonly ports: readonly MetricsPort[];
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  /** Values of the label `job_type` at most, and of `schedule`. */
  readonly mostTypes: number;
}

/**
 * What one connection does in this process, in figures: most of it from moments, and from middleware what these do not
 * tell (how long a publish took, what runs now).
 */
export class JobMetrics {
  private readonly types: BoundedNames;
  private readonly schedules: BoundedNames;
  /** Instant of the enqueue of each attempt that began. */
  private readonly begun = new InHand<number>();
  private readonly running = new Map<string, number>();
  private areLimitsUnknown = false;

  constructor(private readonly parts: JobMetricsParts) {
    this.types = new BoundedNames(parts.mostTypes);
    this.schedules = new BoundedNames(parts.mostTypes);
    for (const port of parts.ports) {
      port.gauge('active', () => this.active());
      port.gauge('limitsUnknown', () => [this.sample({}, Number(this.areLimitsUnknown))]);
    }
  }

  readonly enqueue: EnqueueMiddleware = async (context, next) => {
    const { clock } = this.parts;
    const since = clock.elapsed();
    await next();
    this.observe('publishConfirm', { queue: context.queue }, clock.elapsed() - since);
    const occurrence = occurrenceOf(context);
    if (!occurrence) return;
    const schedule = this.schedules.of(occurrence.schedule);
    this.count('scheduleRuns', { schedule });
    this.observe('scheduleLag', { schedule }, Math.max(0, clock.now() - occurrence.at));
  };

  readonly run: JobMiddleware = async ({ id, queue, attempt, enqueuedAt }, next) => {
    this.begun.put(id, attempt, enqueuedAt.getTime());
    this.running.set(queue, (this.running.get(queue) ?? 0) + 1);
    try {
      return await next();
    } finally {
      this.running.set(queue, this.running.get(queue)! - 1);
    }
  };

  readonly observer = (moment: Moment): void => {
    switch (moment.kind) {
      case 'enqueued':
        return this.count('enqueued', this.typed(moment));
      case 'enqueueFailed':
        return this.count('enqueueErrors', { ...this.typed(moment), reason: enqueueReasonOf(moment.error) });
      case 'started':
        this.count('started', this.typed(moment));
        return this.observe('wait', this.typed(moment), moment.latenessMs);
      case 'refused':
        return this.count('rejected', { queue: moment.queue, reason: 'undecodable' });
      case 'limitsUnknown':
      case 'limitsKnown':
        this.areLimitsUnknown = moment.kind === 'limitsUnknown';
        return;
      case 'eventLoopBlocked':
        return this.count('loopBlocked', {}, moment.blockedMs / 1_000);
      case 'progressed':
      case 'storeUp':
      case 'storeDown':
      case 'workerStarted':
      case 'workerDraining':
      case 'workerDrained':
        return;
      default:
        this.ended(moment);
    }
  };

  private ended(moment: Extract<JobMoment, { readonly startedAt: number }>): void {
    const typed = this.typed(moment);
    const outcome = outcomeOf(moment);
    this.count('attempts', { ...typed, outcome });
    const reason = rejectionOf(moment);
    if (reason !== undefined) this.count('rejected', { queue: moment.queue, reason });
    const enqueuedAt = this.begun.take(moment.jobId, moment.attempt);
    if (enqueuedAt !== undefined) this.observe('duration', { ...typed, outcome }, moment.durationMs);
    const state = finalStateOf(moment);
    if (state === undefined) return;
    this.count('finished', { ...typed, state });
    if (enqueuedAt !== undefined) this.observe('endToEnd', typed, Math.max(0, moment.at - enqueuedAt));
  }

  private active(): Sample[] {
    return [...this.running].map(([queue, value]) => this.sample({ queue }, value));
  }

  private typed({ queue, type }: { readonly queue: string; readonly type: string }): Labels {
    return { queue, job_type: this.types.of(type) };
  }

  private sample(labels: Labels, value: number): Sample {
    return { labels: { connection: this.parts.connection, ...labels }, value };
  }

  private count(key: Parameters<MetricsPort['count']>[0], labels: Labels, by = 1): void {
    const { connection, ports } = this.parts;
    for (const port of ports) port.count(key, { connection, ...labels }, by);
  }

  private observe(key: Parameters<MetricsPort['observe']>[0], labels: Labels, ms: number): void {
    const { connection, ports } = this.parts;
    for (const port of ports) port.observe(key, { connection, ...labels }, ms / 1_000);
  }
}
