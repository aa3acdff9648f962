import { trace } from '@opentelemetry/api';
import type { JobsOptions, Moment } from 'nestjs-warren';
import { WARREN_VERSION, type Clock } from 'nestjs-warren/ports';
import type { Destination } from '../destination.js';
import { enqueueSpans } from './enqueue-span.js';
import { ProcessSpans } from './process-span.js';
import { SCOPE } from './scope.js';
import type { SpanNames } from './span-parts.js';

export interface SpanSettings {
  readonly names: SpanNames;
  readonly linkAfterMs: number;
}

/**
 * The spans of one connection: the two middlewares, and the observer that ends what the second began. Through whatever
 * TracerProvider the application registered; without one they go nowhere. Loaded only where `@opentelemetry/api` is
 * installed.
 */
export class Spans {
  readonly middleware: Required<NonNullable<JobsOptions['middleware']>>;
  private readonly processing: ProcessSpans;

  constructor(settings: SpanSettings, clock: Pick<Clock, 'now'>, destination: () => Destination) {
    const parts = { ...settings, clock, destination, tracer: trace.getTracer(SCOPE, WARREN_VERSION) };
    this.processing = new ProcessSpans(parts);
    this.middleware = { enqueue: [enqueueSpans(parts)], run: [this.processing.run] };
  }

  observe(moment: Moment): void {
    this.processing.observer(moment);
  }

  close(): void {
    this.processing.close();
  }
}
