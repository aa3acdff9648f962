import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { ERROR_CODES, isWarrenError, type ErrorCode, type WarrenError } from 'nestjs-warren';

/** An error as RFC 9457 tells it (application/problem+json). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Of Warren's errors. */
  readonly code?: ErrorCode;
  /** What to do. */
  readonly hint?: string;
  /** Each thing that is wrong with the request. */
  readonly errors?: readonly string[];
  /** The job, queue or schedule that is meant, and its state. */
  readonly [fact: string]: unknown;
}

/** Codes that a request can meet; all others are a 500. */
export const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  WARREN_BAD_REQUEST: 400,
  WARREN_CONFIGURATION: 400,
  WARREN_BAD_CURSOR: 400,
  WARREN_FORBIDDEN: 403,
  WARREN_JOB_NOT_FOUND: 404,
  WARREN_QUEUE_NOT_FOUND: 404,
  WARREN_SCHEDULE_NOT_FOUND: 404,
  WARREN_WORKER_NOT_FOUND: 404,
  WARREN_LEASE_NOT_FOUND: 404,
  WARREN_JOB_STATE: 409,
  WARREN_JOB_CANCELLED: 409,
  WARREN_NOT_UNIQUE: 409,
  WARREN_PAYLOAD_NOT_KEPT: 409,
  WARREN_QUEUE_FIXED: 409,
  WARREN_SCHEDULE_IN_CODE: 409,
  WARREN_TOPOLOGY_MISMATCH: 409,
  WARREN_LEASE_ENDED: 409,
  WARREN_NOT_DRAINED: 409,
  WARREN_PAYLOAD_TOO_LARGE: 413,
  WARREN_PAYLOAD_INVALID: 422,
  WARREN_PAYLOAD_NOT_JSON: 422,
  WARREN_QUEUE_FULL: 429,
  WARREN_NO_STORE: 501,
  WARREN_MANAGEMENT_FAILED: 502,
  WARREN_ACCESS_REFUSED: 502,
  WARREN_CLOSED: 503,
  WARREN_NOT_CONNECTED: 503,
  WARREN_NOT_REPUBLISHED: 503,
  WARREN_PUBLISH_BACKLOG: 503,
  WARREN_PUBLISH_REFUSED: 503,
  WARREN_STORE_UNAVAILABLE: 503,
  WARREN_STORE_REFUSED: 503,
  WARREN_UNROUTABLE: 503,
  WARREN_PUBLISH_TIMEOUT: 504,
};

/** Facts of an error that may leave. */
const FACTS = ['id', 'state', 'queue', 'name'];

const HIDDEN = 'Something went wrong inside; the log of the process has it.';

export function problemOf(thrown: unknown): Problem {
  if (isWarrenError(thrown)) {
    const status = STATUSES[thrown.code];
    if (status !== undefined) return warrenProblem(thrown, status);
  }
  if (thrown instanceof HttpException) return httpProblem(thrown);
  // Body parsers throw errors with a status; theirs are of the client.
  const status = (thrown as { readonly status?: unknown } | null)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return plainProblem(status, STATUS_CODES[status] ?? 'The request was refused.');
  }
  return plainProblem(500, HIDDEN);
}

function warrenProblem(error: WarrenError, status: number): Problem {
  const { code, message, details } = error;
  const problems = (error as { readonly problems?: unknown }).problems ?? details['problems'];
  const facts = FACTS.filter((name) => typeof details[name] === 'string').map((name) => [
    name,
    details[name],
  ]);
  return {
    ...(Object.fromEntries(facts) as Record<string, unknown>),
    type: `urn:nestjs-warren:${code}`,
    title: ERROR_CODES[code].what,
    status,
    detail: message,
    code,
    hint: ERROR_CODES[code].cure,
    ...(Array.isArray(problems) && { errors: problems as string[] }),
  };
}

function httpProblem(exception: HttpException): Problem {
  const status = exception.getStatus();
  const said = exception.getResponse();
  const message = typeof said === 'string' ? said : (said as { readonly message?: unknown }).message;
  const detail = Array.isArray(message)
    ? message.join(' ')
    : typeof message === 'string'
      ? message
      : exception.message;
  return plainProblem(status, status >= 500 ? HIDDEN : detail);
}

function plainProblem(status: number, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
}
