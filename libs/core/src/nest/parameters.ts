import { JobContext } from '../job/context.js';
import { isStandardSchema, type PayloadContract } from '../job/definition.js';
import { isPayloadClass } from '../payload/validator.js';
import { payloadMarkOf } from './decorators/metadata.js';
import type { FoundMethod } from './discovery.js';
import {
  BODY_PARAMETER,
  CONTEXT_PARAMETER,
  parameterTypesOf,
  parametersOf,
  ROUTE_ARGUMENTS,
  type ParametersMetadata,
} from './nest-metadata.js';

/** The parameters of handlers: what is wrong with them, what Nest fills them from, what the payload must satisfy. */

type Named = Pick<FoundMethod, 'host' | 'name'>;

export function isDecorated({ host, name }: Named): boolean {
  return Object.keys(parametersOf(host.prototype.constructor, name)).length > 0;
}

/** Undefined: nothing is wrong. */
export function parameterProblem(found: FoundMethod): string | undefined {
  return contextAsPayload(found) ?? mixture(found);
}

/** Its type would count as the payload's class, and every job would fail the check. */
function contextAsPayload(found: FoundMethod): string | undefined {
  const type = payloadTypeOf(found);
  if (typeof type !== 'function') return undefined;
  if (type !== JobContext && !(type.prototype instanceof JobContext)) return undefined;
  return payloadMarkOf(found.host.prototype, found.name)
    ? `${found.place}: @Payload() on a parameter of type JobContext. Use @Ctx() for the JobContext.`
    : `${found.place}: the first parameter is a JobContext, but without decorators it gets the payload. Declare (payload, context), or decorate it with @Ctx().`;
}

/** With one decorated parameter, Nest fills only decorated ones: the others would be undefined. */
function mixture({ host, name, place, enqueue, method }: FoundMethod): string | undefined {
  const decorated = Object.values(parametersOf(host.prototype.constructor, name)).map(({ index }) => index);
  if (decorated.length === 0) return undefined;
  const body = enqueue?.original ?? method;
  const count = Math.max(parameterTypesOf(host.prototype, name)?.length ?? 0, body.length);
  const missing = Array.from({ length: count }, (_, index) => index).filter(
    (index) => !decorated.includes(index),
  );
  if (missing.length === 0) return undefined;
  return `${place}: parameter ${missing.map((index) => index + 1).join(', ')} of ${count} has no decorator, others have: Nest would pass undefined. Decorate all (@Payload(), @Ctx()) or none.`;
}

const POSITIONAL = 'warren/positional-parameters';

const PAYLOAD_AND_CONTEXT: ParametersMetadata = {
  [`${BODY_PARAMETER}:0`]: { index: 0, pipes: [] },
  [`${CONTEXT_PARAMETER}:1`]: { index: 1, pipes: [] },
};

/**
 * Where Nest finds the parameters of a method. It gives pipes only parameters that it knows, so that without
 * decorators it is told of payload and context; under a key of our own, since the method may serve HTTP too.
 */
export function parametersKeyOf(found: Named): string {
  if (isDecorated(found)) return ROUTE_ARGUMENTS;
  Reflect.defineMetadata(POSITIONAL, PAYLOAD_AND_CONTEXT, found.host.prototype.constructor, found.name);
  return POSITIONAL;
}

/** From `@Payload(contract)`, else from the payload parameter's type when that is a class made for payloads. */
export function payloadContractOf(found: Named): PayloadContract | undefined {
  const contract = payloadMarkOf(found.host.prototype, found.name)?.contract;
  if (contract !== undefined && (isStandardSchema(contract) || isPayloadClass(contract))) return contract;
  const type = payloadTypeOf(found);
  return isPayloadClass(type) ? type : undefined;
}

/** The class that the compiler wrote down for the parameter that gets the payload. */
function payloadTypeOf(found: Named): unknown {
  const mark = payloadMarkOf(found.host.prototype, found.name);
  if (!mark && isDecorated(found)) return undefined;
  return parameterTypesOf(found.host.prototype, found.name)?.[mark?.index ?? 0];
}
