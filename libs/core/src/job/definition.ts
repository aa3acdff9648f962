import { ConfigurationError } from '../kernel/errors/index.js';
import type { LimitOptions } from './limits.js';
import type { PolicyOptions } from './policy.js';
import { isJobType, isQueueName } from './type-name.js';
import type { Unique } from './unique.js';

/** A class whose instances are payloads: validated by class-validator, made by class-transformer. */
export type PayloadClass<T = unknown> = new (...args: never[]) => T;

/** The part of Standard Schema (standardschema.dev, version 1) that Warren uses: zod, valibot, arktype and others. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

export type PayloadContract = PayloadClass | StandardSchema;

/** What `enqueue` accepts under a contract. */
export type PayloadInput<P> =
  P extends StandardSchema<infer Input, unknown>
    ? Input
    : P extends PayloadClass<infer Instance>
      ? Instance
      : unknown;

/** What the handler gets under a contract. */
export type PayloadOutput<P> =
  P extends StandardSchema<infer _Input, infer Output>
    ? Output
    : P extends PayloadClass<infer Instance>
      ? Instance
      : unknown;

export interface JobDefinitionOptions<P extends PayloadContract | undefined>
  extends PolicyOptions, LimitOptions<PayloadInput<P>> {
  /** A class (class-validator) or any Standard Schema. Checked at enqueue and before the handler. Default: no check. */
  readonly payload?: P;
  /** Queue in which jobs of the type wait. Default: the part of the type before the first colon. */
  readonly queue?: string;
  /** One job at a time under a key: needs a job store. An enqueue that says `unique` replaces it. Default: not unique. */
  readonly unique?: Unique<PayloadInput<P>>;
}

declare const TYPES: unique symbol;

/** The typed contract of a job type, shared by producers and handlers. */
export interface JobDefinition<Input = unknown, Output = unknown, Result = unknown> {
  readonly type: string;
  readonly queue: string | undefined;
  readonly payload: PayloadContract | undefined;
  readonly unique: Unique | undefined;
  readonly limits: LimitOptions | undefined;
  readonly policy: PolicyOptions;
  /** For the compiler only; never there at run time. */
  readonly [TYPES]?: { readonly input: Input; readonly output: Output; readonly result: Result };
}

export type InputOf<D> = D extends JobDefinition<infer Input, infer _O, infer _R> ? Input : never;
export type OutputOf<D> = D extends JobDefinition<infer _I, infer Output, infer _R> ? Output : never;
export type ResultOf<D> = D extends JobDefinition<infer _I, infer _O, infer Result> ? Result : never;

const DEFINITION = Symbol.for('nestjs-warren.definition');

/**
 * Defines a job type: `defineJob<Receipt>()('email:new', { payload: EmailDto, attempts: 8 })`. The first call names
 * the result's type; the payload's type comes from its contract.
 *
 * Payload, queue and `unique` hold wherever the definition is enqueued. How often and how long a job is tried, and its limits, hold at the
 * worker, and there for handlers that name the definition: `@JobHandler(EmailNew)`. It is a layer below what such a
 * handler says, so it does not travel with the job; a handler of a prefix (`@JobHandler('email:')`) knows nothing of
 * it. These options are checked at boot by the handler, and by the first enqueue.
 * @throws ConfigurationError when the type or the queue is no valid name.
 */
export function defineJob<Result = unknown>() {
  return <P extends PayloadContract | undefined = undefined>(
    type: string,
    options: JobDefinitionOptions<P> = {},
  ): JobDefinition<PayloadInput<P>, PayloadOutput<P>, Result> => {
    const { payload, queue, unique, ...others } = options;
    const { maxConcurrent, concurrency, rateLimit, limitsOnStoreDown, ...policy } = others;
    const problems: string[] = [];
    if (!isJobType(type)) {
      problems.push(
        `defineJob(${JSON.stringify(type)}): a job type is made of letters, digits, '_', '.', '-', parts separated by ':'.`,
      );
    }
    if (queue !== undefined && !isQueueName(queue)) {
      problems.push(
        `defineJob('${type}', { queue }): ${JSON.stringify(queue)} is no queue name (letters, digits, '_', '.', '-').`,
      );
    }
    if (problems.length > 0) throw new ConfigurationError(problems);
    return Object.freeze({
      [DEFINITION]: true,
      type,
      queue,
      payload,
      unique,
      limits: Object.freeze({ maxConcurrent, concurrency, rateLimit, limitsOnStoreDown }),
      policy: Object.freeze(policy),
    });
  };
}

export function isJobDefinition(value: unknown): value is JobDefinition {
  return typeof value === 'object' && value !== null && DEFINITION in value;
}

export function isStandardSchema(value: unknown): value is StandardSchema {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}
