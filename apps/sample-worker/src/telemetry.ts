import type { DynamicModule } from '@nestjs/common';
import { JobsTelemetryModule } from 'nestjs-warren-telemetry';
import type { ShopConfig } from './config.js';

/** Metrics, probes and spans of jobs, where the environment says where they go. */
export function telemetryModules({ telemetry, tracesUrl }: ShopConfig): DynamicModule[] {
  if (!telemetry && tracesUrl === undefined) return [];
  return [
    JobsTelemetryModule.forRoot({
      server: telemetry ?? false,
      prometheus: telemetry !== undefined,
      tracing: tracesUrl !== undefined,
    }),
  ];
}

/** Sends the spans of this process away. Before the application is made; OTEL_SERVICE_NAME names it. */
export async function startTracing({ tracesUrl }: ShopConfig): Promise<void> {
  if (tracesUrl === undefined) return;
  // Loaded where it is used: the others start faster without.
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { BatchSpanProcessor, NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
  const exporter = new OTLPTraceExporter({ url: `${tracesUrl.replace(/\/$/, '')}/v1/traces` });
  new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }).register();
}
