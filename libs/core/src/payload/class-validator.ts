import type { ValidationError } from 'class-validator';
import type { PayloadClass } from '../job/definition.js';
import { ConfigurationError, describeError } from '../kernel/errors/index.js';
import { invalidPayload, propertyPath } from './invalid.js';
import type { PayloadValidator } from './types.js';

/**
 * Checks by class-validator and makes instances by class-transformer: the only importer of both. They are optional
 * and loaded at the first check.
 */

type Validation = Pick<typeof import('class-validator'), 'validate' | 'getMetadataStorage'>;
type Transformation = Pick<typeof import('class-transformer'), 'plainToInstance'>;

export interface Packages {
  readonly validation: Validation;
  readonly transformation: Transformation;
}

export type ImportPackage = (name: 'class-validator' | 'class-transformer') => Promise<unknown>;

export function classValidator(
  contract: PayloadClass,
  place: string,
  load: () => Promise<Packages> = loadPackages,
): PayloadValidator {
  let loaded: Packages | undefined;
  return {
    async check(payload) {
      loaded ??= await load();
      const instance = toInstance(contract, payload, place, loaded);
      if (!hasRules(contract, loaded.validation)) return instance;
      const errors = await loaded.validation.validate(instance, {
        // A nested object without rules of its own would otherwise pass unchecked.
        forbidUnknownValues: true,
        validationError: { target: false, value: false },
      });
      if (errors.length > 0)
        throw invalidPayload(
          place,
          errors.flatMap((error) => problemsOf(error, [])),
        );
      return instance;
    },
  };
}

function toInstance(
  contract: PayloadClass,
  payload: unknown,
  place: string,
  { transformation }: Packages,
): object {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    const given = payload === null ? 'null' : Array.isArray(payload) ? 'a list' : typeof payload;
    throw invalidPayload(place, [`it must be an object (${contract.name}), not ${given}`]);
  }
  try {
    return transformation.plainToInstance(contract as new () => object, payload);
  } catch (cause) {
    const problem = `class-transformer could not make ${contract.name} of it: ${describeError(cause).message}`;
    throw invalidPayload(place, [problem], cause);
  }
}

/** A class without class-validator's decorators only types its payload. */
function hasRules(contract: PayloadClass, { getMetadataStorage }: Validation): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(contract, '', false, false).length > 0;
}

/** Flattens nested errors; messages begin with the property's name, which becomes the whole path. */
function problemsOf(error: ValidationError, parents: readonly string[]): string[] {
  // The property is missing where a nested object has no rules.
  const property: string | undefined = error.property;
  const parts = property === undefined ? parents : [...parents, property];
  const path = propertyPath(parts);
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => {
    if (rule === 'unknownValue') {
      return `${path}: nothing says how to check it; add @Type(() => ItsClass) to the property, and decorators to that class`;
    }
    return property !== undefined && message.startsWith(`${property} `)
      ? `${path}${message.slice(property.length)}`
      : `${path}: ${message}`;
  });
  return [...own, ...(error.children ?? []).flatMap((child) => problemsOf(child, parts))];
}

/** @throws ConfigurationError naming the package that is missing. */
export async function loadPackages(importPackage: ImportPackage = importByName): Promise<Packages> {
  const validation = (await importOrExplain('class-validator', importPackage)) as Validation;
  const transformation = (await importOrExplain('class-transformer', importPackage)) as Transformation;
  return { validation, transformation };
}

function importByName(name: 'class-validator' | 'class-transformer'): Promise<unknown> {
  return name === 'class-validator' ? import('class-validator') : import('class-transformer');
}

async function importOrExplain(
  name: 'class-validator' | 'class-transformer',
  importPackage: ImportPackage,
): Promise<unknown> {
  try {
    return await importPackage(name);
  } catch (cause) {
    throw new ConfigurationError(
      [
        `Payload classes need the package ${name}, which could not be loaded: npm install class-validator class-transformer`,
      ],
      { cause },
    );
  }
}
