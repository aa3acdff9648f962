import type { IncomingMessage, ServerResponse } from 'node:http';

/** What is read of requests and responses, the same way with Express and Fastify. */

/** A request as access functions see it: that of the framework, with whatever guards have put there. */
export interface ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly [property: string]: unknown;
}

interface Wrapped<Raw> {
  /** Fastify's own objects stand around Node's. */
  readonly raw?: Raw;
}

export function rawRequest(request: object): IncomingMessage {
  return (request as Wrapped<IncomingMessage>).raw ?? (request as IncomingMessage);
}

export function rawResponse(response: object): ServerResponse {
  return (response as Wrapped<ServerResponse>).raw ?? (response as ServerResponse);
}

/** Aborts when the connection ends before the answer has gone out. */
export function goneSignal(response: object): AbortSignal {
  const raw = rawResponse(response);
  const controller = new AbortController();
  const end = () => {
    if (!raw.writableFinished) controller.abort(new Error('The client has gone.'));
  };
  if (raw.destroyed || raw.socket?.destroyed) end();
  else raw.once('close', end);
  return controller.signal;
}

export function headerOf(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
