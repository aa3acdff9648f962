import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import {
  enqueueMethodMarkOf,
  enqueuePropertiesOf,
  eventMarksOf,
  handlerMarksOf,
  scheduledMarksOf,
  type EnqueueMethodMark,
  type EnqueuePropertyMark,
  type EventMark,
  type HandlerMark,
  type Method,
  type ScheduledMark,
} from './decorators/metadata.js';

/** A provider or controller that Nest made, once for each instance. */
export interface Host {
  readonly wrapper: InstanceWrapper;
  readonly module: Module;
  readonly prototype: object;
  /** Undefined when one is made for each job (request or transient scope in its tree). */
  readonly instance: object | undefined;
  readonly className: string;
}

export interface FoundMethod {
  readonly host: Host;
  readonly name: string;
  readonly place: string;
  /** The prototype's own, with the metadata of its decorators. */
  readonly method: Method;
  readonly handlers: readonly HandlerMark[];
  readonly enqueue: EnqueueMethodMark | undefined;
  readonly events: readonly EventMark[];
  readonly schedules: readonly ScheduledMark[];
}

export interface FoundProperty {
  readonly host: Host;
  readonly place: string;
  readonly mark: EnqueuePropertyMark;
}

/** A method without decorators that hides an inherited one with some: those do nothing. */
export interface Overridden {
  readonly place: string;
  readonly original: string;
  readonly handlers: readonly HandlerMark[];
  readonly enqueue: EnqueueMethodMark | undefined;
}

export interface Found {
  readonly methods: readonly FoundMethod[];
  readonly properties: readonly FoundProperty[];
  readonly overridden: readonly Overridden[];
  /** Prototypes of all classes that are provided, those they extend included. */
  readonly provided: ReadonlySet<object>;
  /** Classes with handlers that the application uses as something else: `Class.method`, with what they are. */
  readonly misplaced: readonly string[];
}

/** Finds decorated methods and properties on all providers and controllers of the application. */
export function discover(modules: ModulesContainer, scanner: MetadataScanner): Found {
  const methods: FoundMethod[] = [];
  const properties: FoundProperty[] = [];
  const provided = new Set<object>();
  const all = [...hosts(modules)];
  const own = new Set(all.map(({ prototype }) => prototype));
  const overridden = new Map<string, Overridden>();
  for (const host of all) {
    for (const proto of chainOf(host.prototype)) provided.add(proto);
    methods.push(...methodsOf(host, scanner));
    for (const mark of enqueuePropertiesOf(host.prototype)) {
      properties.push({ host, place: `${host.className}.${String(mark.property)}`, mark });
    }
    for (const hidden of overriddenIn(host.prototype, own, scanner)) overridden.set(hidden.place, hidden);
  }
  return {
    methods,
    properties,
    overridden: [...overridden.values()],
    provided,
    misplaced: misplaced(modules, provided, scanner),
  };
}

/** Not those of a class that is provided itself: it has its handlers, and a subclass may well not want them twice. */
function* overriddenIn(
  prototype: object,
  provided: ReadonlySet<object>,
  scanner: MetadataScanner,
): Generator<Overridden> {
  for (const name of scanner.getAllMethodNames(prototype)) {
    const [visible, ...hidden] = [...chainOf(prototype)].flatMap((owner) => {
      const method: unknown = Object.getOwnPropertyDescriptor(owner, name)?.value;
      if (typeof method !== 'function') return [];
      return [{ owner, handlers: handlerMarksOf(method), enqueue: enqueueMethodMarkOf(method) }];
    });
    if (!visible || visible.handlers.length > 0 || visible.enqueue) continue;
    const original = hidden.find(({ handlers, enqueue }) => handlers.length > 0 || enqueue);
    if (!original || provided.has(original.owner)) continue;
    const { owner, handlers, enqueue } = original;
    yield {
      place: `${nameOf(visible.owner)}.${name}`,
      original: `${nameOf(owner)}.${name}`,
      handlers,
      enqueue,
    };
  }
}

function* chainOf(prototype: object): Generator<object> {
  for (let proto: object | null = prototype; proto; proto = Object.getPrototypeOf(proto) as object | null) {
    yield proto;
  }
}

function* hosts(modules: ModulesContainer): Generator<Host> {
  const seen = new Set<object>();
  for (const module of modules.values()) {
    for (const wrapper of [...module.providers.values(), ...module.controllers.values()]) {
      const host = hostOf(wrapper, module);
      // `useExisting` gives the same instance a second wrapper.
      const identity = host && (host.instance ?? wrapper);
      if (!identity || wrapper.isAlias || seen.has(identity)) continue;
      seen.add(identity);
      yield host;
    }
  }
}

function hostOf(wrapper: InstanceWrapper, module: Module): Host | undefined {
  // A request-scoped wrapper has a bare prototype object as instance: only the dependency tree tells.
  if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
    const prototype = (wrapper.metatype as { prototype?: object } | null)?.prototype;
    if (!prototype || wrapper.isNotMetatype) return undefined;
    return { wrapper, module, prototype, instance: undefined, className: nameOf(prototype) };
  }
  const instance = wrapper.instance as unknown;
  if (typeof instance !== 'object' || instance === null) return undefined;
  const prototype = Object.getPrototypeOf(instance) as object | null;
  if (!prototype || prototype === Object.prototype) return undefined;
  return { wrapper, module, prototype, instance, className: nameOf(prototype) };
}

function methodsOf(host: Host, scanner: MetadataScanner): FoundMethod[] {
  const found: FoundMethod[] = [];
  for (const name of scanner.getAllMethodNames(host.prototype)) {
    const method = (host.prototype as Record<string, unknown>)[name] as Method;
    const handlers = handlerMarksOf(method);
    const enqueue = enqueueMethodMarkOf(method);
    const events = eventMarksOf(method);
    const schedules = scheduledMarksOf(method);
    if (handlers.length === 0 && !enqueue && events.length === 0 && schedules.length === 0) continue;
    const place = `${host.className}.${name}`;
    found.push({ host, name, place, method, handlers, enqueue, events, schedules });
  }
  return found;
}

/** Guards, interceptors, pipes and filters are made by Nest, but are no providers: nobody would call their handlers. */
function misplaced(
  modules: ModulesContainer,
  provided: ReadonlySet<object>,
  scanner: MetadataScanner,
): string[] {
  const places = new Set<string>();
  for (const module of modules.values()) {
    for (const wrapper of module.injectables.values()) {
      const prototype = (wrapper.metatype as { prototype?: object } | null)?.prototype;
      if (!prototype || provided.has(prototype)) continue;
      for (const name of scanner.getAllMethodNames(prototype)) {
        const method = (prototype as Record<string, unknown>)[name] as Method;
        const isMarked = handlerMarksOf(method).length > 0 || scheduledMarksOf(method).length > 0;
        if (isMarked) places.add(`${nameOf(prototype)}.${name}`);
      }
    }
  }
  return [...places];
}

function nameOf(prototype: object): string {
  // A value may descend from an object without a class.
  const { constructor: made } = prototype as { readonly constructor?: { readonly name?: string } };
  return made?.name || 'anonymous class';
}
