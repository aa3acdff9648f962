import type { JobDefinition } from '../../job/definition.js';
import type { EnqueueOptions } from '../../options/enqueue.js';
import type { JobMoment } from '../../observe/moments.js';
import type { HandlerOptions } from '../../options/handler.js';
import type { ScheduleConduct, ScheduleTiming } from '../../options/schedule.js';
import type { Occurrence } from '../../schedules/definition.js';

/** What the decorators leave behind for discovery; they do nothing else. */

export interface HandlerMark {
  readonly job: JobDefinition | string;
  readonly options: HandlerOptions;
}

/** Second argument of `@OnJobEvent`. */
export interface OnJobEventOptions {
  /** Job types: one (`email:new`), a prefix (`email:` or `email:*`), or `*`. Default: every type. */
  readonly type?: string;
  /** Default: every queue. */
  readonly queue?: string;
  /** `process`: what happens in this process. `cluster`: in any process of the application. Default `process`. */
  readonly from?: 'process' | 'cluster';
  /** Named connection whose jobs these are. Default: the unnamed one. */
  readonly connection?: string;
}

/** Second argument of `@Enqueue`. On a property, which runs nothing: `queue`, `connection` and `enqueue` only. */
export interface EnqueueDecoratorOptions extends HandlerOptions {
  /** Options of each enqueue; a call of the proxy form may override them. */
  readonly enqueue?: EnqueueOptions;
}

/** Options of `@Scheduled`. */
export interface ScheduledOptions extends ScheduleTiming, ScheduleConduct {
  /** What the occurrences enqueue, and the method then runs. Default: the one type that the method runs anyway. */
  readonly job?: JobDefinition | string;
  /** JSON, or a function that makes it for each occurrence, in the process that leads. Default: none. */
  readonly payload?: unknown;
  /** Name of the schedule, one in the application: letters, digits, `_`, `.`, `:`, `-`. Default `Class.method`. */
  readonly name?: string;
  /** Named connection that makes the jobs. Default: the unnamed one. */
  readonly connection?: string;
}

/** What a payload function of `@Scheduled` looks like. */
export type ScheduledPayload = (occurrence: Occurrence) => unknown;

export type Method = (this: object, ...parameters: unknown[]) => unknown;

export interface EnqueueMethodMark {
  readonly job: JobDefinition | string;
  readonly options: EnqueueDecoratorOptions;
  /** The body, for the worker. */
  readonly original: Method;
}

export interface EnqueuePropertyMark {
  readonly job: JobDefinition | string;
  readonly options: EnqueueDecoratorOptions;
  readonly property: string | symbol;
}

export interface EventMark {
  readonly kind: JobMoment['kind'];
  readonly options: OnJobEventOptions;
}

export interface ScheduledMark {
  readonly options: ScheduledOptions;
}

const HANDLERS = 'warren/handlers';
const SCHEDULED = 'warren/scheduled';
const EVENTS = 'warren/events';
const ENQUEUE_METHOD = 'warren/enqueue-method';
const ENQUEUE_PROPERTIES = 'warren/enqueue-properties';
const PAYLOAD = 'warren/payload';

/** Appended, so that several decorators on one method all count. */
export function addHandlerMark(method: object, mark: HandlerMark): void {
  Reflect.defineMetadata(HANDLERS, [...handlerMarksOf(method), mark], method);
}

export function handlerMarksOf(method: object): readonly HandlerMark[] {
  return (Reflect.getMetadata(HANDLERS, method) as HandlerMark[] | undefined) ?? [];
}

/** Appended, as those of handlers. */
export function addEventMark(method: object, mark: EventMark): void {
  Reflect.defineMetadata(EVENTS, [...eventMarksOf(method), mark], method);
}

export function eventMarksOf(method: object): readonly EventMark[] {
  return (Reflect.getMetadata(EVENTS, method) as EventMark[] | undefined) ?? [];
}

/** Appended, as those of handlers. */
export function addScheduledMark(method: object, mark: ScheduledMark): void {
  Reflect.defineMetadata(SCHEDULED, [...scheduledMarksOf(method), mark], method);
}

export function scheduledMarksOf(method: object): readonly ScheduledMark[] {
  return (Reflect.getMetadata(SCHEDULED, method) as ScheduledMark[] | undefined) ?? [];
}

export function setEnqueueMethodMark(method: object, mark: EnqueueMethodMark): void {
  Reflect.defineMetadata(ENQUEUE_METHOD, mark, method);
}

export function enqueueMethodMarkOf(method: object): EnqueueMethodMark | undefined {
  return Reflect.getMetadata(ENQUEUE_METHOD, method) as EnqueueMethodMark | undefined;
}

/** Stands in for one of the same name that the class inherits. */
export function addEnqueueProperty(prototype: object, mark: EnqueuePropertyMark): void {
  const others = enqueuePropertiesOf(prototype).filter(({ property }) => property !== mark.property);
  Reflect.defineMetadata(ENQUEUE_PROPERTIES, [...others, mark], prototype);
}

/** Of the class itself, not of those it extends. */
export function ownEnqueuePropertyOf(
  prototype: object,
  property: string | symbol,
): EnqueuePropertyMark | undefined {
  if (!Object.hasOwn(prototype, property)) return undefined;
  return enqueuePropertiesOf(prototype).find((mark) => mark.property === property);
}

/** Of the class and of those it extends. */
export function enqueuePropertiesOf(prototype: object): readonly EnqueuePropertyMark[] {
  return (Reflect.getMetadata(ENQUEUE_PROPERTIES, prototype) as EnqueuePropertyMark[] | undefined) ?? [];
}

export interface PayloadMark {
  readonly index: number;
  readonly contract: unknown;
}

export function setPayloadMark(prototype: object, method: string | symbol, mark: PayloadMark): void {
  Reflect.defineMetadata(PAYLOAD, mark, prototype, method);
}

export function payloadMarkOf(prototype: object, method: string | symbol): PayloadMark | undefined {
  return Reflect.getMetadata(PAYLOAD, prototype, method) as PayloadMark | undefined;
}

export const DEFAULT_CONNECTION = 'default';

export function typeOf(job: JobDefinition | string): string {
  return typeof job === 'string' ? job : job.type;
}
