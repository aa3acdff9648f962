import type { ExternalContextCreator } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { CONTEXT_PARAMETER } from './nest-metadata.js';
import { lastValueOf } from './observable-result.js';
import { JOB_CONTEXT_TYPE } from './params-factory.js';

/**
 * Nest's ExternalContextCreator with some changes, made on objects derived from the injected one:
 * - the host module is the one that discovery saw: Nest looks among providers only, and would skip the guards and
 *   interceptors of a controller in silence;
 * - an error goes through the application's filters, which may observe or translate it, and is thrown on: Nest
 *   would log it and let a filter turn it into success;
 * - what the application registered globally stays out, unless asked for;
 * - pipes leave the JobContext alone, as Nest's own leave the request alone, and are never passed over in silence;
 * - an observable without a value gives undefined, not an error.
 * The members are private in TypeScript, so each use checks that they took effect.
 */
export interface CreatorOptions {
  readonly place: string;
  readonly hostModuleKey: string;
  readonly withGlobals: boolean;
  /** Told when a filter returned a value, which does not count. */
  readonly onFilterAnswer: () => void;
}

interface FilterChain {
  invokeCustomFilters(error: unknown, host: unknown): unknown;
}

/** Private members of Nest's creator that a changed one calls on. */
interface Internals {
  getParamValue(value: unknown, metadata: { readonly type: unknown }, pipes: unknown): Promise<unknown>;
  createPipesFn(pipes: readonly unknown[], parameters: readonly unknown[]): unknown;
  transformToResult(returned: unknown): Promise<unknown>;
}

type Target = (...parameters: unknown[]) => Promise<unknown>;

const CONTEXT_CREATORS = [
  'guardsContextCreator',
  'pipesContextCreator',
  'interceptorsContextCreator',
  'filtersContextCreator',
] as const;

export class JobContextCreator {
  constructor(private readonly nest: ExternalContextCreator) {}

  /** Builds with a creator of its own; `build` must call `create` once. */
  derive<T>(options: CreatorOptions, build: (creator: ExternalContextCreator) => T): T {
    const used = { host: false, proxy: false, pipes: false };
    const nest = this.internals();
    const derived = Object.create(this.nest) as ExternalContextCreator;
    const changes: Record<string, unknown> = {
      getHostModuleKey: () => {
        used.host = true;
        return options.hostModuleKey;
      },
      externalErrorProxy: {
        createProxy: (target: Target, filters: FilterChain) => {
          used.proxy = true;
          return rethrowing(target, filters, options.onFilterAnswer);
        },
      },
      createPipesFn: (pipes: readonly unknown[], parameters: readonly unknown[]) => {
        used.pipes = true;
        if (pipes.length > 0 && parameters.length === 0) throw pipesPassedOver(options.place);
        return nest.createPipesFn.call(derived, pipes, parameters);
      },
      getParamValue: async (value: unknown, metadata: { readonly type: unknown }, pipes: unknown) =>
        metadata.type === CONTEXT_PARAMETER
          ? value
          : await nest.getParamValue.call(derived, value, metadata, pipes),
      transformToResult: async (returned: unknown) => await lastValueOf(returned),
    };
    if (!options.withGlobals) Object.assign(changes, this.withoutGlobals());
    for (const [name, value] of Object.entries(changes)) Object.defineProperty(derived, name, { value });
    const built = build(derived);
    if (!used.host || !used.proxy || !used.pipes) throw unsupported();
    return built;
  }

  private internals(): Internals {
    const nest = this.nest as unknown as Internals;
    for (const name of ['getParamValue', 'createPipesFn', 'transformToResult'] as const) {
      if (typeof nest[name] !== 'function') throw unsupported();
    }
    return nest;
  }

  /** Nest's parts ask the application's configuration for what is global, if they have one. */
  private withoutGlobals(): Record<string, unknown> {
    const parts: Record<string, unknown> = {};
    for (const name of CONTEXT_CREATORS) {
      const part = (this.nest as unknown as Record<string, object | undefined>)[name];
      if (!part || !('config' in part)) throw unsupported();
      parts[name] = Object.create(part, { config: { value: undefined } });
    }
    return parts;
  }
}

function rethrowing(target: Target, filters: FilterChain, onFilterAnswer: () => void): Target {
  return async (...parameters) => {
    try {
      return await target(...parameters);
    } catch (error) {
      const host = new ExecutionContextHost(parameters);
      host.setType(JOB_CONTEXT_TYPE);
      // What a filter throws, translates the error.
      const answer = await filters.invokeCustomFilters(error, host);
      if (answer !== undefined) onFilterAnswer();
      throw error;
    }
  };
}

function pipesPassedOver(place: string): ConfigurationError {
  return new ConfigurationError([
    `${place}: its pipes would be passed over, because Nest does not see its parameters. Decorate them with @Payload() and @Ctx().`,
  ]);
}

function unsupported(): ConfigurationError {
  return new ConfigurationError([
    'This version of @nestjs/core builds handler contexts in a way that Warren does not know, so that guards might be skipped. Use the version of Nest 12 that the package asks for.',
  ]);
}
