import type { RabbitMqSettings } from '../../../options/settings.js';
import { redactUrls } from '../../../kernel/errors/index.js';
import { textOf } from '../amqp-errors.js';

/** RabbitMQ's management HTTP API, read only. */

/** Something that was asked for: the answer, or why there is none. */
export type Known<Value> =
  { readonly isKnown: true; readonly value: Value } | { readonly isKnown: false; readonly why: string };

export const known = <Value>(value: Value): Known<Value> => ({ isKnown: true, value });
export const unknown = (why: string): Known<never> => ({ isKnown: false, why });

/** Without `managementUrl`. */
export const NOT_GIVEN = 'the option managementUrl is not given';

export class ManagementApi {
  /** What kept it from answering at all; empty when it answers. */
  problem = '';
  private readonly base: string;
  private readonly authorization: string;

  /** User and password are those of `managementUrl`, else of the first AMQP URL. */
  constructor(
    managementUrl: string,
    amqpUrl: string,
    private readonly signal: AbortSignal,
  ) {
    const { base, authorization } = managementAccess(managementUrl, amqpUrl);
    this.base = base;
    this.authorization = authorization;
  }

  /** Where it is, without credentials. */
  get address(): string {
    return redactUrls(this.base);
  }

  /** The JSON at a path, read by `read`. Never rejects. */
  async ask<Value>(path: string, read: (json: unknown) => Value): Promise<Known<Value>> {
    if (this.problem !== '') return unknown(this.problem);
    let response: Response;
    let text: string;
    try {
      const headers = { authorization: this.authorization, accept: 'application/json' };
      response = await fetch(`${this.base}${path}`, { headers, signal: this.signal, redirect: 'error' });
      text = await response.text();
    } catch (error) {
      this.problem = this.signal.aborted
        ? `${this.address} did not answer in time`
        : `${this.address} does not answer: ${textOf((error as Error).cause ?? error)}`;
      return unknown(this.problem);
    }
    if (response.status === 401 || response.status === 403) {
      return unknown(`${this.address}${path.split('?')[0]} is refused (${response.status})`);
    }
    if (!response.ok) return unknown(`${this.address}${path.split('?')[0]} answers ${response.status}`);
    try {
      return known(read(JSON.parse(text)));
    } catch {
      return unknown(`${this.address}${path.split('?')[0]} does not answer as RabbitMQ does`);
    }
  }
}

/** Address without credentials, and who asks: user and password of `managementUrl`, else of the AMQP URL. */
export function managementAccess(managementUrl: string, amqpUrl: string) {
  const url = new URL(managementUrl);
  const { username, password } = url.username === '' ? new URL(amqpUrl) : url;
  // A broker URL without a user means guest, as for amqplib.
  const user =
    username === '' ? 'guest:guest' : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    base: `${url.origin}${url.pathname.replace(/\/+$/, '')}/api`,
    authorization: `Basic ${Buffer.from(user).toString('base64')}`,
  };
}

/** Undefined without `managementUrl`. */
export function managementApi(
  { managementUrl, urls }: RabbitMqSettings,
  signal: AbortSignal,
): ManagementApi | undefined {
  return managementUrl === undefined ? undefined : new ManagementApi(managementUrl, urls[0]!, signal);
}
