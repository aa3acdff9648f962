import { isStandardSchema, type PayloadClass, type PayloadContract } from '../job/definition.js';
import { ConfigurationError } from '../kernel/errors/index.js';
import { classValidator } from './class-validator.js';
import { standardSchemaValidator } from './standard-schema.js';
import type { PayloadValidator } from './types.js';

export type { PayloadValidator } from './types.js';

/** By contract and place; a contract that is gone takes its validators along. */
const validators = new WeakMap<object, Map<string, PayloadValidator>>();

/**
 * The validator of a contract; `place` names the call or handler in errors. Asked for at every enqueue, made once.
 * @throws ConfigurationError when the contract is neither a payload class nor a Standard Schema.
 */
export function validatorFor(contract: PayloadContract, place: string): PayloadValidator {
  let byPlace = validators.get(contract);
  let validator = byPlace?.get(place);
  if (validator) return validator;
  validator = createValidator(contract, place);
  if (!byPlace) validators.set(contract, (byPlace = new Map<string, PayloadValidator>()));
  byPlace.set(place, validator);
  return validator;
}

const BUILT_IN: ReadonlySet<unknown> = new Set([
  String,
  Number,
  Boolean,
  BigInt,
  Symbol,
  Object,
  Array,
  Function,
  Date,
  Map,
  Set,
  Promise,
  Buffer,
]);

/** Whether `value` is a class that payloads can be checked with: `String`, `Object` and the like are not. */
export function isPayloadClass(value: unknown): value is PayloadClass {
  return typeof value === 'function' && !BUILT_IN.has(value);
}

function createValidator(contract: unknown, place: string): PayloadValidator {
  if (isStandardSchema(contract)) return standardSchemaValidator(contract, place);
  if (isPayloadClass(contract)) return classValidator(contract, place);
  const what = typeof contract === 'function' ? contract.name : `a value of type ${typeof contract}`;
  throw new ConfigurationError([
    `${place}: payload is ${what}; give a class with class-validator's decorators, or a Standard Schema (zod, valibot, arktype).`,
  ]);
}
