import {
  ROOT_CONTEXT,
  TraceFlags,
  isSpanContextValid,
  propagation,
  trace,
  type Context,
  type SpanContext,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api';

/**
 * The trace of a job in its headers. `traceparent` is always there, as the wire format says, whatever propagators the
 * application has; these may add to it (baggage, say) what fits.
 */

export type WritableHeaders = Record<string, string | number | boolean>;
type Headers = Readonly<Record<string, unknown>>;

/** All headers of a job at most, as the core takes them, and what one costs besides name and value. */
const MOST_BYTES = 16 * 1024;
const OVERHEAD_BYTES = 6;

/** Names that the core or the broker refuse. */
const REFUSED = /^(warren-|x-|B?CC$)/;

/** Writes `context` into the headers of a job on its way out. Never makes them too large or invalid. */
export function writeContext(context: Context, headers: WritableHeaders): void {
  const spanContext = trace.getSpanContext(context);
  if (!spanContext || !isSpanContextValid(spanContext)) return;
  let room = MOST_BYTES - sizeOf(headers);
  const add = (name: string, value: string): void => {
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(value) + OVERHEAD_BYTES;
    if (REFUSED.test(name) || bytes > room) return;
    room -= bytes;
    headers[name] = value;
  };
  // What came from elsewhere has become the parent.
  delete headers['tracestate'];
  add('traceparent', traceparentOf(spanContext));
  const setter: TextMapSetter<WritableHeaders> = {
    set: (_, name, value) => {
      if (name !== 'traceparent') add(name, value);
    },
  };
  propagation.inject(context, headers, setter);
}

/** The context that a job was enqueued in; the root where it brings none. */
export function readContext(headers: Headers): Context {
  const getter: TextMapGetter<Headers> = {
    keys: (carrier) => Object.keys(carrier),
    get: (carrier, name) => {
      const value = carrier[name];
      return typeof value === 'string' ? value : undefined;
    },
  };
  const extracted = propagation.extract(ROOT_CONTEXT, headers, getter);
  if (trace.getSpanContext(extracted)) return extracted;
  const spanContext = spanContextOf(headers['traceparent']);
  return spanContext ? trace.setSpanContext(extracted, spanContext) : extracted;
}

export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  const flags = (traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0');
  return `00-${traceId}-${spanId}-${flags}`;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** By the W3C recommendation; undefined: it is none. */
export function spanContextOf(traceparent: unknown): SpanContext | undefined {
  const [, traceId, spanId, flags] = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)) || [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const spanContext = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}

function sizeOf(headers: Headers): number {
  let bytes = 0;
  for (const name in headers) {
    const value = headers[name];
    bytes +=
      Buffer.byteLength(name) + OVERHEAD_BYTES + (typeof value === 'string' ? Buffer.byteLength(value) : 8);
  }
  return bytes;
}
