import { context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { until } from './until.js';

/** Collects what an application traces, in this process. One at a time: the providers of OpenTelemetry are global. */
export class Traces {
  private readonly exporter = new InMemorySpanExporter();
  private readonly provider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.exporter)],
  });

  start(): void {
    this.provider.register();
  }

  async stop(): Promise<void> {
    await this.provider.shutdown();
    trace.disable();
    context.disable();
    propagation.disable();
  }

  /** Spans that have ended, in that order. */
  get spans(): readonly ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  clear(): void {
    this.exporter.reset();
  }

  named(name: string): ReadableSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  async untilNamed(name: string, count = 1): Promise<ReadableSpan[]> {
    await until(
      () => this.named(name).length >= count,
      `${count} spans '${name}' have ended; ${this.names()}`,
    );
    return this.named(name);
  }

  private names(): string {
    return `so far: ${this.spans.map((span) => span.name).join(', ')}`;
  }
}

/** The span that a span stands below; undefined: none. */
export function parentIdOf({ parentSpanContext }: ReadableSpan): string | undefined {
  return parentSpanContext?.spanId;
}
