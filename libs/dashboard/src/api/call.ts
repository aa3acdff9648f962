import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { WarrenError } from 'nestjs-warren';
import { goneSignal } from '../exchange.js';
import { endpointOf, type Endpoint } from './endpoint.js';
import { readFields, type Fields, type ValuesOf } from './fields.js';

/** A checked request of an endpoint, and what its answer may need. */
export interface Call<P extends Fields, Q extends Fields, B extends Fields> {
  readonly params: ValuesOf<P>;
  readonly query: ValuesOf<Q>;
  readonly body: ValuesOf<B>;
  /** Aborts when the client has gone before it had its answer. */
  readonly gone: AbortSignal;
  readonly setHeader: (name: string, value: string) => void;
}

export type CallOf<E> = E extends Endpoint<infer P, infer Q, infer B> ? Call<P, Q, B> : never;

/** The parameter of a method that serves an endpoint. It throws WARREN_BAD_REQUEST with all problems of the request. */
export const Input = createParamDecorator((_data: unknown, context: ExecutionContext) => readCall(context));

interface Parts {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

function readCall(context: ExecutionContext): Call<Fields, Fields, Fields> {
  const served = endpointOf(context.getHandler());
  const http = context.switchToHttp();
  const given = http.getRequest<Parts>();
  const response = http.getResponse<{ header(name: string, value: string): unknown }>();
  // Frameworks differ in what they give where there is none.
  const params = readFields(served.params, { ...(given.params as object) }, 'path');
  const query = readFields(served.query, { ...(given.query as object) }, 'query');
  const body = readFields(served.body, given.body ?? {}, 'body');
  const problems = [params, query, body].flatMap((read) => (read.isRead ? [] : read.problems));
  if (!params.isRead || !query.isRead || !body.isRead) throw badRequest(served, problems);
  return {
    params: params.value,
    query: query.value,
    body: body.value,
    gone: goneSignal(response),
    setHeader: (name, value) => void response.header(name, value),
  };
}

export function badRequest({ id }: Pick<Endpoint, 'id'>, problems: readonly string[]): WarrenError {
  return new WarrenError('WARREN_BAD_REQUEST', `${id}: ${problems.join(' ')}`, { details: { problems } });
}
