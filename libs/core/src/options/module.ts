import type { Duration } from '../kernel/duration.js';
import type { Logger } from '../kernel/logger.js';
import type { PolicyOptions } from '../job/policy.js';
import type { EnqueueMiddleware, JobMiddleware } from '../middleware/types.js';
import type { Broker } from '../ports/broker.js';
import type { QueueOptions } from './queue.js';
import type { WorkerOptions } from './worker.js';

/** What `JobsModule.forRoot` takes. */
export interface JobsOptions {
  /**
   * AMQP URL of RabbitMQ, or several of one cluster, tried in turn. Without one, jobs live in this process
   * (`broker: 'memory'`), which production refuses unless `allowInMemory` is set.
   */
  readonly url?: string | readonly string[] | undefined;
  /** First part of every name at the broker; applications with the same one share queues. Default `warren`. */
  readonly app?: string;
  /** Default: `rabbitmq` with a url, `memory` without. Or a broker of your own. */
  readonly broker?: 'rabbitmq' | 'memory' | Broker;
  /** Lets a production process keep its jobs in memory, and lose them when it ends. Default false. */
  readonly allowInMemory?: boolean;
  /** Name of this connection, for applications with several. Default: the unnamed one. */
  readonly connection?: string;
  /** What jobs get unless queue, definition, handler or enqueue say otherwise. */
  readonly defaults?: PolicyOptions;
  /** Queues with settings of their own, and those named explicitly by a `queue` option anywhere. */
  readonly queues?: Readonly<Record<string, QueueOptions>>;
  /** `false`: this process only enqueues. Default: it runs the jobs of the handlers that it has. */
  readonly worker?: false | WorkerOptions;
  /** Whether global guards, interceptors, pipes and filters, mostly made for HTTP, run for jobs too. Default false. */
  readonly globalEnhancers?: boolean;
  /** Wrap each enqueue and each attempt; first is outermost. */
  readonly middleware?: {
    readonly enqueue?: readonly EnqueueMiddleware[];
    readonly run?: readonly JobMiddleware[];
  };
  /** Longest time that an enqueue takes, waiting for a connection, for room and for the confirm. Default 10 s. */
  readonly publishTimeout?: Duration;
  /** Publishes without a confirm at most; further ones wait. Default 2000. */
  readonly maxUnconfirmed?: number;
  /** Bytes of those at most. Default 64 MiB. */
  readonly maxUnconfirmedBytes?: number;
  /** Largest encoded payload. Default 5 MB. */
  readonly maxPayloadBytes?: number;
  /** `false`: exchanges and queues are made by somebody else; a missing one is an error. Default true. */
  readonly declare?: boolean;
  /** Interval of AMQP's connection heartbeat. Default 10 s. */
  readonly connectionHeartbeat?: Duration;
  /** Longest time for one try to connect. Default 10 s. */
  readonly connectTimeout?: Duration;
  /** Where Warren's lines go. Default: Nest's logger, context `Jobs`. */
  readonly logger?: Logger;
}
