import type { ApiRequest } from './exchange.js';

/** What a request wants to do, from looking to changing. */
export const ACTIONS = ['read', 'enqueue', 'operate', 'work'] as const;

/**
 * `read`: looks. `enqueue`: makes jobs. `operate`: changes jobs, queues, schedules and workers. `work`: takes jobs, runs
 * them and says what became of them; it sees payloads as they are.
 */
export type Action = (typeof ACTIONS)[number];

export interface ApiCall {
  readonly action: Action;
  /** Name of the operation, as in `openapi.json`: `cancelJob`. */
  readonly operation: string;
  /** What the path names: `id`, `queue`, `name`, `type`, `worker` or `lease`, as it came. */
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Says whether a request may do what it wants. Anything but `true`, or a promise of it, is a no: 403. An exception of Nest
 * is answered as such, so that `throw new UnauthorizedException()` makes a 401.
 */
export type Access = (request: ApiRequest, call: ApiCall) => boolean | Promise<boolean>;

/** Who decides, besides guards. */
export type AccessPolicy =
  | { readonly kind: 'function'; readonly access: Access }
  /** Guards of the application have decided before. */
  | { readonly kind: 'guards' }
  /** Neither was given: this machine alone, and not in production. */
  | { readonly kind: 'loopback' };

/** Undefined: the module must not boot so. */
export function accessPolicy(
  said: { readonly access: Access | undefined; readonly guards: number },
  isProduction: boolean,
): AccessPolicy | undefined {
  if (said.access) return { kind: 'function', access: said.access };
  if (said.guards > 0) return { kind: 'guards' };
  return isProduction ? undefined : { kind: 'loopback' };
}

export const OPEN_IN_PRODUCTION =
  "JobsApiModule: NODE_ENV is production, and nobody says who may use the HTTP API. Give guards, which run before each request: guards: [MyAuthGuard]; or a function: access: (request, { action }) => request.headers['authorization'] === 'Bearer ' + secret.";
