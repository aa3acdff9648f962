import { WarrenError } from '../kernel/errors/index.js';

/** Problems in one error at most. */
const MOST_PROBLEMS = 20;

/** The error of a payload that does not satisfy its contract. Problems name the property and never show its value. */
export function invalidPayload(place: string, problems: readonly string[], cause?: unknown): WarrenError {
  const listed = problems.slice(0, MOST_PROBLEMS);
  const more = problems.length - listed.length;
  const text = listed.join('; ') + (more > 0 ? `; and ${more} more` : '');
  return new WarrenError('WARREN_PAYLOAD_INVALID', `${place}: the payload is invalid: ${text}.`, {
    ...(cause !== undefined && { cause }),
    details: { problems: listed },
  });
}

/** `items`, `3`, `price` -> `items[3].price`; `''` for the payload itself. */
export function propertyPath(parts: readonly PropertyKey[]): string {
  return parts.reduce<string>((path, part) => {
    const name = String(part);
    if (typeof part === 'number' || /^\d+$/.test(name)) return `${path}[${name}]`;
    return path === '' ? name : `${path}.${name}`;
  }, '');
}
