import type { HandlerRegistration, JobsOptions, Warren } from 'nestjs-warren/standalone';
import { CliError, EXIT, usageError } from './exit-codes.js';
import type { Settings } from './settings.js';

/**
 * The way to broker and store: the runtime without Nest, which takes no jobs. Whatever is heavy is loaded here, when it
 * is needed: help, errors of usage and `--version` load none of it.
 */

export interface Need {
  /** `try`: what is said of it tells how it does; an error is no end. Default: not connected to. */
  readonly broker?: 'needed' | 'try';
  /** `if-given`: where one is named, it must answer. Default: not connected to. */
  readonly store?: 'needed' | 'if-given' | 'try';
  /** Makes what is missing at the broker. Default: looks only, so that a mistyped name makes nothing. */
  readonly declares?: boolean;
  /** Queues that are named by the command. */
  readonly queues?: readonly string[];
  /** What it runs jobs with. Default: it runs none. */
  readonly handlers?: readonly HandlerRegistration[];
  /** Over everything. */
  readonly options?: Partial<JobsOptions>;
}

export interface Connection {
  readonly warren: Warren;
  readonly jobs: Warren['jobs'];
  /** Why the connection to the broker failed, of one that was tried. */
  readonly problem: unknown;
}

export interface ConnectParts {
  readonly settings: Settings;
  /** Lines of Warren's own. */
  readonly log: (level: 'error' | 'warn' | 'info' | 'debug', line: string) => void;
}

/** @throws CliError: usage where nothing is named to connect to, cannotConnect, notFound for an unknown application. */
export async function connect(need: Need, { settings, log }: ConnectParts): Promise<Connection> {
  requireNamed(need, settings);
  const options = await optionsFor(need, settings);
  const { Warren } = await import('nestjs-warren/standalone');
  const warren = new Warren({
    options,
    logger: {
      error: (line) => log('error', line),
      warn: (line) => log('warn', line),
      info: (line) => log('info', line),
      debug: (line) => log('debug', line),
    },
    environment: { production: false },
  });
  try {
    if (need.handlers) warren.register(need.handlers);
    await warren.start();
    requireUp(need, warren, settings);
    return { warren, jobs: warren.jobs, problem: undefined };
  } catch (error) {
    if (need.broker === 'try' && !(error instanceof CliError))
      return { warren, jobs: warren.jobs, problem: error };
    await warren.close().catch(() => undefined);
    throw isMissing(error) ? unknownApplication(settings, error) : error;
  }
}

function requireNamed({ broker, store }: Need, settings: Settings): void {
  if (broker && settings.amqp === undefined) {
    throw usageError(
      'No broker is named.',
      'Give --amqp amqp://user:password@host:5672, or set WARREN_AMQP, or choose a profile of the config file.',
    );
  }
  if (store === 'needed' && settings.redis === undefined) {
    throw usageError(
      'This needs the job store, and none is named.',
      'Give --redis redis://host:6379, or set WARREN_REDIS, or choose a profile of the config file.',
    );
  }
}

async function optionsFor(need: Need, settings: Settings): Promise<JobsOptions> {
  const { amqp, management, redis, appName, timeoutMs } = settings;
  const queues = Object.fromEntries((need.queues ?? []).map((name) => [name, settings.queues[name] ?? {}]));
  return {
    app: appName,
    worker: false,
    schedules: false,
    queues: { ...settings.queues, ...queues },
    ...(need.broker
      ? {
          url: amqp,
          managementUrl: management,
          declare: need.declares === true,
          connectTimeout: timeoutMs,
          publishTimeout: timeoutMs,
        }
      : { broker: 'memory', allowInMemory: true }),
    store: need.store && redis !== undefined ? await redisStore(redis, settings) : false,
    ...need.options,
  };
}

async function redisStore(url: string, { appName, timeoutMs }: Settings) {
  const { RedisJobStore } = await import('nestjs-warren-redis');
  return new RedisJobStore({ url, app: appName, timeout: Math.min(60_000, Math.max(50, timeoutMs)) });
}

function requireUp({ broker, store }: Need, warren: Warren, settings: Settings): void {
  const { state, text } = warren.status();
  if (broker === 'needed' && (state === 'connecting' || state === 'closed')) {
    throw new CliError(
      EXIT.cannotConnect,
      `The broker at ${addressOf(settings.amqp!)} cannot be reached. ${text}.`,
      'Check that RabbitMQ runs there and that --amqp (WARREN_AMQP) names its host and port.',
    );
  }
  const health = warren.jobs.store;
  if (store && store !== 'try' && health && health.state !== 'up') {
    throw new CliError(
      EXIT.cannotConnect,
      `The job store at ${addressOf(settings.redis!)} cannot be reached. ${health.text}.`,
      'Check that Redis runs there and that --redis (WARREN_REDIS) names its host and port.',
    );
  }
}

/** A URL without user and password. */
export function addressOf(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  } catch {
    return 'an address that is no URL';
  }
}

/** With `declare: false` the broker answers 404 for what nobody has made. */
function isMissing(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } };
  return code === 'WARREN_TOPOLOGY_MISMATCH' && cause?.code === 404;
}

function unknownApplication({ appName, amqp }: Settings, error: unknown): CliError {
  return new CliError(
    EXIT.notFound,
    `The application ${JSON.stringify(appName)} is not at ${addressOf(amqp!)}, or not all of it: ${(error as Error).message}`,
    'Check --app-name (WARREN_APP_NAME); start the application, or make what is missing: warren topology apply.',
  );
}
