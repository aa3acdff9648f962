import type { HeaderValue } from '../job/message.js';
import { RESERVED_PREFIX } from '../job/wire.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { isRecord, shown, type Kind } from './describe.js';

/** Headers that an application gives a job. All headers of a message share 64 KiB, and Warren needs its part. */

const MOST_BYTES = 16 * 1024;
/** AMQP field names are short strings. */
const LONGEST_NAME_BYTES = 255;
/** Type byte and length of name and value in AMQP's table. */
const OVERHEAD_BYTES = 6;
const NUMBER_BYTES = 8;

export const headers: Kind<Readonly<Record<string, HeaderValue>>> = {
  accepts: 'an object of text, numbers and booleans',
  problems(value, path) {
    if (!isRecord(value)) return [`${path}: ${shown(value)} is not an object of text, numbers and booleans.`];
    const problems: string[] = [];
    let bytes = 0;
    for (const name of Object.keys(value)) {
      const given = value[name];
      const problem = nameProblem(name) ?? valueProblem(given);
      if (problem !== undefined) problems.push(`${path}.${name.slice(0, 60)}: ${problem}`);
      bytes += Buffer.byteLength(name) + OVERHEAD_BYTES;
      bytes += typeof given === 'string' ? Buffer.byteLength(given) : NUMBER_BYTES;
    }
    if (bytes > MOST_BYTES) {
      problems.push(
        `${path}: they have ${bytes} bytes together; at most ${MOST_BYTES} fit beside Warren's own. Put the rest into the payload.`,
      );
    }
    return problems;
  },
  resolve: (value) => value as Readonly<Record<string, HeaderValue>>,
};

/**
 * For headers that middleware may have changed; `place` names it.
 * @throws ConfigurationError listing every problem by header.
 */
export function requireHeaders(given: Readonly<Record<string, unknown>>, place: string): void {
  const problems = headers.problems(given, 'headers');
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `${place}: ${problem}`));
}

function nameProblem(name: string): string | undefined {
  if (name.startsWith(RESERVED_PREFIX) || name.startsWith('x-')) {
    return `names that begin with '${RESERVED_PREFIX}' or 'x-' are reserved. Choose another name.`;
  }
  if (name === 'CC' || name === 'BCC') {
    return 'RabbitMQ would route copies of the job by it. Choose another name.';
  }
  if (name === '' || Buffer.byteLength(name) > LONGEST_NAME_BYTES) return 'a name has 1 to 255 bytes.';
  return undefined;
}

function valueProblem(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return undefined;
  return `${shown(value)} is not text, a finite number or a boolean. Leave it out or convert it.`;
}
