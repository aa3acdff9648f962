import { Delete, Get, HttpCode, Patch, Post, Put, SetMetadata, applyDecorators } from '@nestjs/common';
import type { Action } from '../access.js';
import type { Fields, Schema } from './fields.js';

/** One operation over HTTP: route, right, fields and answer. Controllers serve it, and the OpenAPI document tells of it. */
export interface Endpoint<P extends Fields = Fields, Q extends Fields = Fields, B extends Fields = Fields> {
  /** Name of the operation, for access functions and generated clients. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the path of the module, with `:name` for parameters. */
  readonly path: string;
  readonly action: Action;
  readonly tag: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** When it went well. */
  readonly status: 200 | 202;
  /** What it answers then. */
  readonly answer: Schema;
  /** Statuses of problems that are its own, with their cause. */
  readonly problems: Readonly<Record<number, string>>;
}

type Said<P, Q, B> = Pick<Endpoint, 'id' | 'method' | 'path' | 'action' | 'tag' | 'summary' | 'answer'> &
  Partial<Pick<Endpoint, 'status' | 'problems'>> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
  };

type None = Record<never, never>;

export function endpoint<P extends Fields = None, Q extends Fields = None, B extends Fields = None>(
  said: Said<P, Q, B>,
): Endpoint<P, Q, B> {
  return {
    status: 200,
    problems: {},
    ...said,
    params: said.params ?? ({} as P),
    query: said.query ?? ({} as Q),
    body: said.body ?? ({} as B),
  };
}

const ROUTES = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete };
const SERVES = 'warren/endpoint';

/** The method serves the endpoint. */
export function Serves(served: Endpoint): MethodDecorator {
  return applyDecorators(
    ROUTES[served.method](served.path),
    HttpCode(served.status),
    SetMetadata(SERVES, served),
  );
}

/** @throws when the method serves none: nothing may answer that no right guards. */
export function endpointOf(method: object): Endpoint {
  const served = Reflect.getMetadata(SERVES, method) as Endpoint | undefined;
  if (!served) throw new Error('A method of a controller of Warren serves no endpoint.');
  return served;
}
