import type { StandardIssue, StandardResult, StandardSchema } from '../job/definition.js';
import { isThenable } from '../kernel/thenable.js';
import { invalidPayload, propertyPath } from './invalid.js';
import type { PayloadValidator } from './types.js';

/**
 * Checks by any Standard Schema, sync or async. What was given to `enqueue` travels, not what the schema made of it,
 * so that transforms run once: at the worker.
 */
export function standardSchemaValidator(schema: StandardSchema, place: string): PayloadValidator {
  return {
    check(payload) {
      const result = schema['~standard'].validate(payload);
      return isThenable(result)
        ? Promise.resolve(result).then((late) => valueOf(late, place))
        : valueOf(result, place);
    },
  };
}

function valueOf(result: StandardResult<unknown>, place: string): unknown {
  if (!result.issues) return result.value;
  throw invalidPayload(place, result.issues.map(textOf));
}

function textOf({ message, path }: StandardIssue): string {
  const parts = path?.map((part) => (typeof part === 'object' ? part.key : part)) ?? [];
  return parts.length === 0 ? message : `${propertyPath(parts)}: ${message}`;
}
