import type { Duration } from 'nestjs-warren';
import {
  ConfigurationError,
  checkGroup,
  durationBetween,
  kindOf,
  objectWith,
  optional,
  withDefault,
  type Declares,
  type Option,
} from 'nestjs-warren/ports';
import { BUCKETS } from './buckets.js';
import type { MetricsRegistry } from './prometheus/registry.js';

/** What `JobsTelemetryModule.forRoot` takes. */
export interface TelemetryOptions {
  /** Spans through OpenTelemetry. Default: where `@opentelemetry/api` is installed. */
  readonly tracing?: boolean | TracingOptions;
  /** Metrics through OpenTelemetry. Default: where `@opentelemetry/api` is installed. */
  readonly otelMetrics?: boolean;
  /** Metrics in a registry of prom-client. Default: where `prom-client` is installed. */
  readonly prometheus?: boolean | PrometheusOptions;
  /** A small server with `/metrics`, `/live`, `/ready` and `/started`, for processes without HTTP. Default false. */
  readonly server?: boolean | ServerOptions;
  /** Figures of the whole application (depth, age, consumers, pauses, schedules) among the metrics. Default true. */
  readonly cluster?: boolean | ClusterOptions;
  /** Job types that metrics tell apart at most, and schedules; all others are one. 1 to 10,000. Default 200. */
  readonly maxJobTypes?: number;
}

export interface TracingOptions {
  /** Attempts of jobs older than this begin a trace of their own, linked to the enqueue. Default 5 min. */
  readonly linkAfter?: Duration;
  /** What spans are named after: `publish email:new`, or `publish shop.jobs:email`. Default `type`. */
  readonly spanNames?: 'type' | 'destination';
}

export interface PrometheusOptions {
  /** The application's own. Default: the global one of prom-client. */
  readonly registry?: MetricsRegistry;
  /** Upper bounds of all histograms, in seconds, rising. Default 5 ms to 30 min. */
  readonly buckets?: readonly number[];
}

export interface ServerOptions {
  /** 0: any that is free. Default 9464. */
  readonly port?: number;
  /** Address to listen on. Default `127.0.0.1`: this machine alone. */
  readonly host?: string;
}

export interface ClusterOptions {
  /** How long a look at broker and store counts, 0 to 10 min. Default 5 s. */
  readonly cacheFor?: Duration;
}

const wholeNumber = (least: number, most: number) =>
  kindOf(
    `a whole number from ${least} to ${most}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    (value) => value as number,
  );

const text = kindOf(
  'text that is not empty',
  (value) => typeof value === 'string' && value !== '',
  (value) => value as string,
);

const yesOrNo = kindOf(
  'true or false',
  (value) => typeof value === 'boolean',
  (value) => value as boolean,
);

const spanNames = kindOf(
  "'type' or 'destination'",
  (value) => value === 'type' || value === 'destination',
  (value) => value as 'type' | 'destination',
);

const buckets = kindOf(
  'a list of rising numbers above 0, in seconds',
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (bound, at: number) => typeof bound === 'number' && bound > (at === 0 ? 0 : Number(value[at - 1])),
    ),
  (value) => value as readonly number[],
);

export const TRACING = {
  linkAfter: withDefault(durationBetween(0), 'Age from which an attempt begins a trace of its own.', '5m'),
  spanNames: withDefault(spanNames, 'What spans are named after.', 'type'),
} satisfies Declares<TracingOptions>;

export const PROMETHEUS = {
  registry: optional(
    objectWith<MetricsRegistry>(
      'a registry of prom-client',
      'metrics',
      'getSingleMetric',
      'removeSingleMetric',
    ),
    'Where the metrics go.',
    "prom-client's global one",
  ),
  buckets: withDefault(buckets, 'Upper bounds of all histograms, in seconds.', BUCKETS),
} satisfies Declares<PrometheusOptions>;

export const SERVER = {
  port: withDefault(wholeNumber(0, 65_535), 'Port to listen on; 0: any that is free.', 9464),
  host: withDefault(text, 'Address to listen on.', '127.0.0.1'),
} satisfies Declares<ServerOptions>;

export const CLUSTER = {
  cacheFor: withDefault(durationBetween(0, 600_000), 'How long a look at broker and store counts.', '5s'),
} satisfies Declares<ClusterOptions>;

export const TELEMETRY = {
  tracing: optional(
    switchable(TRACING),
    'Spans through OpenTelemetry.',
    'where `@opentelemetry/api` is installed',
  ),
  otelMetrics: optional(yesOrNo, 'Metrics through OpenTelemetry.', 'where `@opentelemetry/api` is installed'),
  prometheus: optional(
    switchable(PROMETHEUS),
    'Metrics in a registry of prom-client.',
    'where `prom-client` is installed',
  ),
  server: withDefault(
    switchable(SERVER),
    'A small server with `/metrics`, `/live`, `/ready` and `/started`.',
    false,
  ),
  cluster: withDefault(switchable(CLUSTER), 'Figures of the whole application among the metrics.', true),
  maxJobTypes: withDefault(
    wholeNumber(1, 10_000),
    'Job types that metrics tell apart at most, and schedules.',
    200,
  ),
} satisfies Declares<TelemetryOptions>;

/** Complete; undefined: off. `isAsked`: the options say it, so that a package that is not there is an error. */
export interface TelemetrySettings {
  readonly tracing: (Of<typeof TRACING> & { readonly isAsked: boolean }) | undefined;
  readonly otelMetrics: { readonly isAsked: boolean } | undefined;
  readonly prometheus: (Of<typeof PROMETHEUS> & { readonly isAsked: boolean }) | undefined;
  readonly server: Of<typeof SERVER> | undefined;
  readonly cluster: Of<typeof CLUSTER> | undefined;
  readonly maxJobTypes: number;
}

type Group = Readonly<Record<string, Option<unknown>>>;
type Of<Members extends Group> = { readonly [Name in keyof Members]: ReturnType<Members[Name]['resolve']> };

/** @throws ConfigurationError listing every problem. */
export function resolveTelemetry(options: TelemetryOptions): TelemetrySettings {
  const problems = checkGroup(TELEMETRY, options).map((problem) => `JobsTelemetryModule: ${problem}`);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { tracing, otelMetrics, prometheus, server = false, cluster = true } = options;
  const asked = (said: unknown) => ({ isAsked: said !== undefined });
  return {
    tracing: tracing === false ? undefined : { ...resolved(TRACING, tracing), ...asked(tracing) },
    otelMetrics: otelMetrics === false ? undefined : asked(otelMetrics),
    prometheus:
      prometheus === false ? undefined : { ...resolved(PROMETHEUS, prometheus), ...asked(prometheus) },
    server: server === false ? undefined : resolved(SERVER, server),
    cluster: cluster === false ? undefined : resolved(CLUSTER, cluster),
    maxJobTypes: TELEMETRY.maxJobTypes.resolve(options.maxJobTypes),
  };
}

function switchable(members: Group) {
  return {
    accepts: 'true, false, or an object of options',
    members,
    problems: (value: unknown, path: string) =>
      typeof value === 'boolean' ? [] : checkGroup(members, value, path),
    resolve: (value: unknown) => value,
  };
}

function resolved<Members extends Group>(members: Members, said: unknown): Of<Members> {
  const given = typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {};
  return Object.fromEntries(
    Object.entries(members).map(([name, option]) => [name, option.resolve(given[name])]),
  ) as Of<Members>;
}
