import type { ModulesContainer } from '@nestjs/core';
import type { Module } from '@nestjs/core/injector/module.js';
import { closest } from '../kernel/closest.js';
import { DEFAULT_CONNECTION } from './decorators/metadata.js';
import type { Found } from './discovery.js';

/** The connections of an application, by the life-cycle providers that its modules hold. */

const LIFECYCLE = /^warren:(.+):lifecycle$/;

export function lifecycleToken(connection: string): string {
  return `warren:${connection}:lifecycle`;
}

export function moduleOfConnection(modules: ModulesContainer, connection: string): Module | undefined {
  for (const module of modules.values()) if (module.providers.has(lifecycleToken(connection))) return module;
  return undefined;
}

export function connectionsOf(modules: ModulesContainer): string[] {
  const names: string[] = [];
  for (const module of modules.values()) {
    for (const token of module.providers.keys()) {
      const name = typeof token === 'string' ? LIFECYCLE.exec(token)?.[1] : undefined;
      if (name !== undefined) names.push(name);
    }
  }
  return names;
}

/** Decorators that name a connection which nobody made: one problem each. */
export function unknownConnections({ methods, properties }: Found, known: readonly string[]): string[] {
  const named = [
    ...methods.flatMap(({ place, handlers, enqueue }) =>
      [...handlers, ...(enqueue ? [enqueue] : [])].map(({ options }) => ({ place, ...options })),
    ),
    ...properties.map(({ place, mark }) => ({ place, ...mark.options })),
  ];
  return named
    .filter(({ connection = DEFAULT_CONNECTION }) => !known.includes(connection))
    .map(({ place, connection = DEFAULT_CONNECTION }) => {
      const suggestion = closest(connection, known);
      return `${place}: there is no connection '${connection}'.${suggestion === undefined ? '' : ` Did you mean '${suggestion}'?`} Connections of this application: ${known.join(', ')}. Add JobsModule.forRoot({ connection: '${connection}', … }).`;
    });
}
