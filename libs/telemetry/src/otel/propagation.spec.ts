import { ROOT_CONTEXT, context, propagation, trace, type TextMapPropagator } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  readContext,
  spanContextOf,
  traceparentOf,
  writeContext,
  type WritableHeaders,
} from './propagation.js';

const spanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
};
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const traced = trace.setSpanContext(ROOT_CONTEXT, spanContext);

afterEach(() => {
  propagation.disable();
  context.disable();
  trace.disable();
});

function written(headers: WritableHeaders = {}, inContext = traced): WritableHeaders {
  writeContext(inContext, headers);
  return headers;
}

describe('the context of a job', () => {
  it('goes out as traceparent, whatever propagators there are', () => {
    expect(written()).toEqual({ traceparent: TRACEPARENT });
    new NodeTracerProvider().register();
    expect(written()).toEqual({ traceparent: TRACEPARENT });
  });

  it('comes back as it went', () => {
    expect(trace.getSpanContext(readContext(written()))).toEqual({ ...spanContext, isRemote: true });
    new NodeTracerProvider().register();
    expect(trace.getSpanContext(readContext(written()))).toMatchObject(spanContext);
  });

  it('brings baggage along where the application propagates it', () => {
    new NodeTracerProvider().register();
    const withBaggage = propagation.setBaggage(
      traced,
      propagation.createBaggage({ tenant: { value: 'acme' } }),
    );
    const headers = written({}, withBaggage);
    expect(headers).toEqual({ traceparent: TRACEPARENT, baggage: 'tenant=acme' });
    expect(propagation.getBaggage(readContext(headers))?.getEntry('tenant')?.value).toBe('acme');
  });

  it('leaves nothing where there is no span', () => {
    expect(written({ own: 'x' }, ROOT_CONTEXT)).toEqual({ own: 'x' });
    expect(trace.getSpanContext(readContext({ own: 'x' }))).toBeUndefined();
  });

  it('replaces that of the caller, which has become the parent', () => {
    const old = { traceparent: '00-11111111111111111111111111111111-2222222222222222-01', tracestate: 'a=b' };
    expect(written(old)).toEqual({ traceparent: TRACEPARENT });
  });

  it('never makes the headers such that the job is refused', () => {
    const greedy: TextMapPropagator<WritableHeaders> = {
      inject: (_context, carrier, setter) => {
        for (const name of ['x-b3-traceid', 'warren-v', 'CC', 'b3']) setter.set(carrier, name, 'value');
        setter.set(carrier, 'long', 'x'.repeat(20_000));
      },
      extract: (given) => given,
      fields: () => [],
    };
    propagation.setGlobalPropagator(greedy as TextMapPropagator);
    expect(written()).toEqual({ traceparent: TRACEPARENT, b3: 'value' });
    const full = { text: 'x'.repeat(16_370) };
    expect(written({ ...full })).toEqual(full);
  });
});

describe('a traceparent', () => {
  it('is read by the recommendation, of later versions too', () => {
    expect(spanContextOf(TRACEPARENT)).toEqual({ ...spanContext, isRemote: true });
    expect(spanContextOf(`01${TRACEPARENT.slice(2)}-more`)).toMatchObject(spanContext);
    expect(traceparentOf(spanContext)).toBe(TRACEPARENT);
  });

  it.each([
    undefined,
    7,
    '',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    `${TRACEPARENT}\n`,
  ])('that is none (%p) is left alone', (value) => {
    expect(spanContextOf(value)).toBeUndefined();
  });
});
