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

/** One, unless `forRoot` was called twice for the connection. */
export function modulesOfConnection(modules: ModulesContainer, connection: string): Module[] {
  return [...modules.values()].filter(({ providers }) => providers.has(lifecycleToken(connection)));
}

/** Undefined: it was made once, as it should be. */
export function connectionMadeTwice(modules: ModulesContainer, connection: string): string | undefined {
  const made = modulesOfConnection(modules, connection);
  if (made.length < 2) return undefined;
  return `JobsModule: the connection '${connection}' is made ${made.length} times (by forRoot or forRootAsync), so that it is open which one a job would go through. Import it once, in the root module; or name the other one: JobsModule.forRoot({ connection: '…' }).`;
}

export function connectionsOf(modules: ModulesContainer): string[] {
  return [...lifecycles(modules)].map(({ name }) => name);
}

/** The life-cycle providers themselves. */
export function lifecyclesOf(modules: ModulesContainer): unknown[] {
  return [...lifecycles(modules)].map(({ instance }) => instance);
}

function* lifecycles(modules: ModulesContainer): Generator<{ name: string; instance: unknown }> {
  for (const module of modules.values()) {
    for (const [token, { instance }] of module.providers) {
      const name = typeof token === 'string' ? LIFECYCLE.exec(token)?.[1] : undefined;
      if (name !== undefined) yield { name, instance: instance };
    }
  }
}

/** Decorators that name a connection which nobody made: one problem each. */
export function unknownConnections({ methods, properties }: Found, known: readonly string[]): string[] {
  const named = [
    ...methods.flatMap(({ place, handlers, enqueue, events }) =>
      [...handlers, ...(enqueue ? [enqueue] : []), ...events].map(({ options }) => ({ place, ...options })),
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
