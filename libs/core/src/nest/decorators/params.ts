import type { PayloadContract } from '../../job/definition.js';
import { BODY_PARAMETER, CONTEXT_PARAMETER, decorateParameter } from '../nest-metadata.js';
import { setPayloadMark } from './metadata.js';

/**
 * The job's payload. With a class or a schema, or with a parameter of a class type, it is validated before the
 * handler; that of the definition comes first.
 */
export function Payload(contract?: PayloadContract): ParameterDecorator {
  return (target, method, index) => {
    if (method === undefined) return;
    setPayloadMark(target, method, { index, contract });
    decorateParameter(target, method, BODY_PARAMETER, { index, pipes: [] });
  };
}

/** The JobContext. */
export function Ctx(): ParameterDecorator {
  return (target, method, index) => {
    if (method === undefined) return;
    decorateParameter(target, method, CONTEXT_PARAMETER, { index, pipes: [] });
  };
}
