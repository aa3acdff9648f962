import { readFileSync } from 'node:fs';
import { CLUSTER, PROMETHEUS, SERVER, TELEMETRY, TRACING, resolveTelemetry } from './options.js';

describe('the options of telemetry', () => {
  it('say what is on, and what was asked for', () => {
    expect(resolveTelemetry({})).toMatchObject({
      tracing: { linkAfter: 300_000, spanNames: 'type', isAsked: false },
      otelMetrics: { isAsked: false },
      prometheus: { registry: undefined, isAsked: false },
      server: undefined,
      cluster: { cacheFor: 5_000 },
      maxJobTypes: 200,
    });
    expect(
      resolveTelemetry({ tracing: { linkAfter: '1m' }, prometheus: false, server: true, cluster: false }),
    ).toMatchObject({
      tracing: { linkAfter: 60_000, isAsked: true },
      prometheus: undefined,
      server: { port: 9464, host: '127.0.0.1' },
      cluster: undefined,
    });
  });

  it('are refused all at once, with a hint', () => {
    const wrong = {
      tracing: { linkafter: '5m', spanNames: 'job' },
      prometheus: { buckets: [1, 1], registry: {} },
      server: { port: '9464' },
      maxJobTypes: 0,
    } as never;
    expect(() => resolveTelemetry(wrong)).toThrow(
      /tracing\.linkafter.*Did you mean 'linkAfter'[^]*tracing\.spanNames[^]*prometheus\.buckets[^]*prometheus\.registry[^]*server\.port[^]*maxJobTypes/,
    );
  });

  it('all stand on the page of metrics', () => {
    const page = readFileSync('docs/how-to/metrics.md', 'utf8');
    const inside = { prometheus: PROMETHEUS, server: SERVER, cluster: CLUSTER };
    const names = [
      ...Object.keys(TELEMETRY),
      ...Object.entries(inside).flatMap(([group, members]) =>
        Object.keys(members).map((name) => `${group}.${name}`),
      ),
    ];
    expect(
      names.filter((name) => !new RegExp(`^\\| \`${name.replace('.', '\\.')}\``, 'm').test(page)),
    ).toEqual([]);
    const tracing = readFileSync('docs/how-to/tracing.md', 'utf8');
    expect(Object.keys(TRACING).filter((name) => !tracing.includes(name))).toEqual([]);
  });
});
