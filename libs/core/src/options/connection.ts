import type { Duration } from '../kernel/duration.js';
import type { Broker } from '../ports/broker.js';
import { isRecord, optional, shown, withDefault, type Declares, type Kind } from './describe.js';
import { durationBetween, nameUpTo, objectWith, oneOf, wholeNumber, yesOrNo } from './kinds.js';
import { httpUrl } from './http-url.js';
import { queueType } from './queue.js';
import type { BrokerChoice, RabbitMqSettings } from './settings.js';

/** The part of the module's options that says where jobs live and how to get there. */

/** Of `JobsOptions`. */
export interface ConnectionOptions {
  /**
   * AMQP URL of RabbitMQ, or several of one cluster, tried in turn. Without one, jobs live in this process
   * (`broker: 'memory'`), which production refuses unless `allowInMemory` is set.
   */
  readonly url?: string | readonly string[] | undefined;
  /**
   * URL of RabbitMQ's management plugin, such as `http://host:15672`. With it the broker check also sees feature flags,
   * policies, bindings, members of queues and alarms, and `jobs.queues.configure` can lower limits of queues. User and password: those of this URL, else those of `url`.
   * Default: none; the check says how to look at them by hand.
   */
  readonly managementUrl?: string | undefined;
  /** First part of every name at the broker; applications with the same one share queues. Default `warren`. */
  readonly app?: string;
  /** Default: `rabbitmq` with a url, `memory` without. Or a broker of your own. */
  readonly broker?: 'rabbitmq' | 'memory' | Broker;
  /** Lets a production process keep its jobs in memory, and lose them when it ends. Default false. */
  readonly allowInMemory?: boolean;
  /** Name of this connection, for applications with several. Default: the unnamed one. */
  readonly connection?: string;
  /**
   * Type of queues that name none, and of the queues behind delays. Default `quorum`: replicated, survives the loss of
   * a node. `classic` lives on one node. Fixed once the queues exist.
   */
  readonly queueType?: 'quorum' | 'classic';
  /** Longest time that an enqueue takes, waiting for a connection, for room and for the confirm. Default 10 s. */
  readonly publishTimeout?: Duration;
  /** Publishes without a confirm at most; further ones wait. Default 2000. */
  readonly maxUnconfirmed?: number;
  /** Bytes of those at most. Default 64 MiB. */
  readonly maxUnconfirmedBytes?: number;
  /** `false`: exchanges and queues are made by somebody else; a missing one is an error. Default true. */
  readonly declare?: boolean;
  /** Interval of AMQP's connection heartbeat. Default 10 s. */
  readonly connectionHeartbeat?: Duration;
  /** Longest time for one try to connect. Default 10 s. */
  readonly connectTimeout?: Duration;
}

/** Names at the broker begin with it; queue names and routing keys need the rest of AMQP's 255 bytes. */
const APP_CHARACTERS = 60;

const EXAMPLE = 'amqp://user:password@host:5672/vhost';

/** What is wrong with one URL. It never shows more than the scheme: the rest may hold a password. */
function urlProblems(url: unknown, path: string): string[] {
  if (typeof url !== 'string') return [`${path}: ${shown(url)} is not a URL such as ${EXAMPLE}.`];
  if (url.trim() === '') {
    return [
      `${path}: the text is empty, so the environment variable that it comes from is probably empty. Set it to ${EXAMPLE}, or unset it to keep jobs in memory.`,
    ];
  }
  let parsed: URL;
  try {
    parsed = new URL(url);
    decodeURIComponent(parsed.username + parsed.password + parsed.pathname);
  } catch {
    return [
      `${path}: this is no valid URL (not shown, it may hold a password). Write ${EXAMPLE} and percent-encode special characters in user, password and vhost ('@' is %40, '/' is %2F).`,
    ];
  }
  if (parsed.protocol !== 'amqp:' && parsed.protocol !== 'amqps:') {
    const scheme = url.includes('://') ? `${parsed.protocol}//` : 'something else';
    return [`${path}: it begins with ${scheme} instead of amqp:// or amqps://. Write ${EXAMPLE}.`];
  }
  return parsed.hostname === '' ? [`${path}: it names no host. Write ${EXAMPLE}.`] : [];
}

const urls: Kind<readonly string[]> = {
  accepts: 'an AMQP URL (amqp:// or amqps://), or a list of them',
  problems(value, path) {
    if (!Array.isArray(value)) return urlProblems(value, path);
    if (value.length === 0) return [`${path}: the list is empty. Give at least one URL: ${EXAMPLE}.`];
    return value.flatMap((url, index) => urlProblems(url, `${path}[${index}]`));
  },
  resolve: (value) =>
    Object.freeze((Array.isArray(value) ? (value as string[]) : [value as string]).map((url) => url.trim())),
};

const brokerWord = oneOf('rabbitmq', 'memory');
const givenBroker = objectWith<Broker>(
  'a broker object',
  'start',
  'ensureQueue',
  'publish',
  'bury',
  'consume',
  'visitDeadLetters',
  'stats',
  'status',
  'close',
);

const broker: Kind<NonNullable<ConnectionOptions['broker']>> = {
  accepts: `${brokerWord.accepts}, or ${givenBroker.accepts}`,
  problems: (value, path) => (isRecord(value) ? givenBroker : brokerWord).problems(value, path),
  resolve: (value) => value as NonNullable<ConnectionOptions['broker']>,
};

export const CONNECTION = {
  url: optional(
    urls,
    'AMQP URL of RabbitMQ, or several of one cluster, tried in turn. Without one, jobs live in this process.',
    'none',
  ),
  managementUrl: optional(
    httpUrl,
    "URL of RabbitMQ's management plugin, with which the broker check sees more, and limits of queues can be changed at run time. User and password: its own, else those of `url`.",
    'none',
  ),
  app: withDefault(
    nameUpTo(APP_CHARACTERS),
    'First part of every name at the broker; applications with the same one share queues.',
    'warren',
  ),
  broker: optional(broker, 'What moves jobs.', '`"rabbitmq"` with a url, `"memory"` without'),
  allowInMemory: withDefault(
    yesOrNo,
    'Lets a production process keep its jobs in memory, and lose them when it ends.',
    false,
  ),
  connection: withDefault(
    nameUpTo(APP_CHARACTERS),
    'Name of this connection, for applications with several.',
    'default',
    'the unnamed one',
  ),
  queueType: withDefault(
    queueType,
    'Type of queues that name none, and of the delay levels: `quorum` is replicated, `classic` lives on one node.',
    'quorum',
  ),
  declare: withDefault(
    yesOrNo,
    '`false`: exchanges and queues are made by somebody else; a missing one is an error.',
    true,
  ),
  publishTimeout: withDefault(
    durationBetween(1),
    'Longest time that an enqueue takes, waiting for a connection, for room and for the confirm.',
    '10s',
  ),
  maxUnconfirmed: withDefault(
    wholeNumber(1),
    'Publishes without a confirm at most; further ones wait.',
    2_000,
  ),
  maxUnconfirmedBytes: withDefault(
    wholeNumber(1),
    'Bytes of those at most.',
    64 * 1024 * 1024,
    '67108864 (64 MiB)',
  ),
  connectionHeartbeat: withDefault(
    // AMQP carries whole seconds in 16 bits.
    durationBetween(1_000, 65_535_000),
    "Interval of AMQP's connection heartbeat.",
    '10s',
  ),
  connectTimeout: withDefault(durationBetween(1), 'Longest time for one try to connect.', '10s'),
} satisfies Declares<ConnectionOptions>;

/** What no single option shows. */
export function connectionProblems({ url, broker }: ConnectionOptions): string[] {
  if (broker !== 'rabbitmq' || url !== undefined) return [];
  return [
    `broker: 'rabbitmq' needs a url, which is undefined: the environment variable that it comes from is probably not set. Give url: '${EXAMPLE}'.`,
  ];
}

/** Of options without problems. */
export function brokerChoice(options: ConnectionOptions, workerName: string): BrokerChoice {
  const chosen =
    CONNECTION.broker.resolve(options.broker) ?? (options.url === undefined ? 'memory' : 'rabbitmq');
  if (typeof chosen === 'object') return Object.freeze({ kind: 'given', broker: chosen });
  if (chosen === 'memory') return Object.freeze({ kind: 'memory' });
  return Object.freeze({ kind: 'rabbitmq', rabbitmq: rabbitMqSettings(options, workerName) });
}

function rabbitMqSettings(options: ConnectionOptions, workerName: string): RabbitMqSettings {
  const app = CONNECTION.app.resolve(options.app);
  const connection = options.connection === undefined ? '' : ` (${options.connection})`;
  return Object.freeze({
    app,
    urls: CONNECTION.url.resolve(options.url) ?? [],
    managementUrl: CONNECTION.managementUrl.resolve(options.managementUrl),
    declare: CONNECTION.declare.resolve(options.declare),
    publishTimeoutMs: CONNECTION.publishTimeout.resolve(options.publishTimeout),
    maxUnconfirmed: CONNECTION.maxUnconfirmed.resolve(options.maxUnconfirmed),
    maxUnconfirmedBytes: CONNECTION.maxUnconfirmedBytes.resolve(options.maxUnconfirmedBytes),
    queueType: CONNECTION.queueType.resolve(options.queueType),
    connectionHeartbeatMs: CONNECTION.connectionHeartbeat.resolve(options.connectionHeartbeat),
    connectTimeoutMs: CONNECTION.connectTimeout.resolve(options.connectTimeout),
    connectionName: `${app}${connection} ${workerName}`,
  });
}
