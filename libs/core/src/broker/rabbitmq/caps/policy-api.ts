import type { Clock } from '../../../kernel/clock.js';
import { WarrenError } from '../../../kernel/errors/index.js';
import { textOf } from '../amqp-errors.js';
import { managementAccess } from '../doctor/management-api.js';
import type { Policy } from './policy.js';

const ANSWER_LIMIT_MS = 10_000;

/** Policies of a virtual host, read and written over the management API. */
export class PolicyApi {
  private readonly base: string;
  private readonly authorization: string;

  constructor(
    managementUrl: string,
    amqpUrl: string,
    private readonly vhost: string,
    private readonly clock: Clock,
  ) {
    const { base, authorization } = managementAccess(managementUrl, amqpUrl);
    this.base = base;
    this.authorization = authorization;
  }

  async all(): Promise<readonly Policy[]> {
    const path = `/policies/${encodeURIComponent(this.vhost)}`;
    const answer = await this.send('GET', path);
    try {
      return policiesIn(JSON.parse(answer));
    } catch {
      throw this.failed('GET', path, 'does not answer as RabbitMQ does');
    }
  }

  async put({ name, ...policy }: Policy): Promise<void> {
    await this.send('PUT', this.pathOf(name), policy);
  }

  /** One that is gone is as wanted. */
  async remove(name: string): Promise<void> {
    await this.send('DELETE', this.pathOf(name));
  }

  private pathOf(name: string): string {
    return `/policies/${encodeURIComponent(this.vhost)}/${encodeURIComponent(name)}`;
  }

  private async send(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<string> {
    const limit = new AbortController();
    const timer = this.clock.setTimer(ANSWER_LIMIT_MS, () => limit.abort());
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${this.base}${path}`, {
        method,
        headers: { authorization: this.authorization, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: limit.signal,
        redirect: 'error',
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      const why = limit.signal.aborted
        ? `did not answer in ${ANSWER_LIMIT_MS / 1_000} s`
        : `does not answer: ${textOf((error as Error).cause ?? error)}`;
      throw this.failed(method, path, why, error);
    } finally {
      timer.cancel();
    }
    const isGone = method === 'DELETE' && status === 404;
    if ((status >= 200 && status < 300) || isGone) return text;
    const isRefused = status === 401 || status === 403;
    throw this.failed(
      method,
      path,
      isRefused
        ? `is refused (${status}): the user needs the tag policymaker`
        : `answers ${status} ${reasonIn(text)}`,
    );
  }

  private failed(method: string, path: string, why: string, cause?: unknown): WarrenError {
    return new WarrenError(
      'WARREN_MANAGEMENT_FAILED',
      `The management API of RabbitMQ, ${method} ${this.base}${path}, ${why}. Check managementUrl and its user, or do it with rabbitmqctl.`,
      { cause },
    );
  }
}

/** @throws TypeError for what is no list of policies. */
function policiesIn(json: unknown): readonly Policy[] {
  if (!Array.isArray(json)) throw new TypeError('no list');
  return json.map((item: unknown) => {
    const policy = item as Partial<Policy> | null;
    const { name, pattern, priority, definition, 'apply-to': to } = policy ?? {};
    if (typeof name !== 'string' || typeof pattern !== 'string' || typeof to !== 'string') {
      throw new TypeError('no policy');
    }
    return { name, pattern, 'apply-to': to, priority: Number(priority ?? 0), definition: definition ?? {} };
  });
}

function reasonIn(text: string): string {
  try {
    const { reason } = JSON.parse(text) as { readonly reason?: unknown };
    return typeof reason === 'string' ? reason.trim() : '';
  } catch {
    return '';
  }
}
