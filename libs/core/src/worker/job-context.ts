import { JobContext } from '../job/context.js';
import type { Envelope } from '../job/envelope.js';
import type { Policy } from '../job/policy.js';
import type { LogFields, Logger } from '../kernel/logger.js';
import type { Delivery } from '../ports/delivery.js';
import { deadlineOf } from './admission/index.js';

/** What the attempt offers to the context. */
export interface AttemptControls {
  readonly signal: AbortSignal;
  heartbeat(): void;
  progress(value: unknown): void;
  /** Keeps a line with the job. */
  line?(level: keyof Logger, message: unknown): void;
}

/** What the context reads of a policy and a delivery: also what a thread gets of them. */
export type ContextPolicy = Pick<Policy, 'attempts' | 'deadlineMs'>;
export type ContextDelivery = Pick<Delivery, 'redelivered' | 'deliveryCount'>;

/** The context of one attempt. Dates, logger and signal are made when asked for: most handlers ask for none. */
export class AttemptContext extends JobContext {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly correlationId: string;
  readonly parentId: string | undefined;
  readonly rootId: string | undefined;

  constructor(
    private readonly envelope: Envelope,
    private readonly policy: ContextPolicy,
    /** Replaced by what validation makes of it, before the handler sees it. */
    public payload: unknown,
    private readonly delivery: ContextDelivery,
    /** For Warren alone. */
    readonly controls: AttemptControls,
    private readonly parentLogger: Logger,
  ) {
    super();
    this.id = envelope.id;
    this.type = envelope.type;
    this.queue = envelope.queue;
    this.attempt = envelope.attempt;
    this.maxAttempts = policy.attempts;
    this.headers = envelope.headers;
    this.correlationId = envelope.correlationId ?? envelope.id;
    this.parentId = envelope.parentId;
    this.rootId = envelope.rootId;
  }

  get enqueuedAt(): Date {
    return new Date(this.envelope.enqueuedAt);
  }

  get scheduledFor(): Date | undefined {
    return instant(this.envelope.notBefore);
  }

  get deadline(): Date | undefined {
    return instant(deadlineOf(this.envelope, this.policy));
  }

  get redelivered(): boolean {
    return this.delivery.redelivered;
  }

  get deliveries(): number {
    return this.delivery.deliveryCount + 1;
  }

  get signal(): AbortSignal {
    return this.controls.signal;
  }

  get logger(): Logger {
    const { parentLogger, controls } = this;
    const prefix = `[${this.type} ${this.id} #${this.attempt}]`;
    const write = (level: keyof Logger) => (message: string, fields?: LogFields) => {
      if (fields === undefined) parentLogger[level](`${prefix} ${message}`);
      else parentLogger[level](`${prefix} ${message}`, fields);
      controls.line?.(level, message);
    };
    return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  }

  progress(value: unknown): void {
    this.controls.progress(value);
  }

  heartbeat(): void {
    this.controls.heartbeat();
  }
}

function instant(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}
