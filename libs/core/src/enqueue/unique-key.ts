import { createHash } from 'node:crypto';
import { ConfigurationError, describeError } from '../kernel/errors/index.js';
import { disown } from '../kernel/guarded.js';
import { isShortText } from '../kernel/short-text.js';
import { shown } from '../options/describe.js';
import type { ResolvedUnique } from '../options/unique.js';
import type { Outgoing } from './build.js';

/**
 * The key under which the store knows a job. It begins with the type and a character that no type has, so that keys of
 * different types never meet.
 * @throws ConfigurationError when the function of the application fails: any other key would let a second job through.
 */
export function uniqueKeyOf(context: Outgoing, { key: said }: ResolvedUnique): string {
  const { type, body } = context;
  if (said === undefined) return `${type}/${sha256(body.bytes)}`;
  const key = `${type}/${typeof said === 'string' ? said : keyOf(context, said)}`;
  return isShortText(key) ? key : `${type}/${sha256(key)}`;
}

function keyOf({ type, payload }: Outgoing, said: (payload: unknown) => string): string {
  const place = `enqueue('${type}') option unique.key`;
  let key: unknown;
  try {
    key = said(payload);
  } catch (error) {
    const { name, message } = describeError(error);
    throw new ConfigurationError(
      [`${place}: the function threw ${name}: ${message}. Nothing was enqueued.`],
      {
        cause: error,
      },
    );
  }
  if (typeof key === 'string' && key !== '') return key;
  disown(key);
  throw new ConfigurationError([
    `${place}: the function gave ${key === '' ? 'empty text' : shown(key)}; it must give text that tells the jobs apart. Nothing was enqueued.`,
  ]);
}

function sha256(of: string | Uint8Array): string {
  return createHash('sha256').update(of).digest('base64url');
}
