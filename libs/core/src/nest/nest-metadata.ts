/** Keys under which Nest keeps what its own decorators say. `nest-metadata.spec.ts` checks them against Nest. */
export const ROUTE_ARGUMENTS = '__routeArguments__';
export const ENHANCER_KEYS = ['__guards__', '__interceptors__', '__pipes__', '__exceptionFilters__'] as const;

/** Parameter kind under which Nest's pipes see a request body, so that ValidationPipe acts on a payload. */
export const BODY_PARAMETER = 3;

/** A parameter kind of our own: pipes see `custom`. */
export const CONTEXT_PARAMETER = 4_711;

/** What Nest keeps of one decorated parameter. */
export interface ParameterMetadata {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes: readonly unknown[];
}

/** Kind and index (`3:0`) -> parameter, of one method. */
export type ParametersMetadata = Readonly<Record<string, ParameterMetadata>>;

export function parametersOf(type: object, method: string | symbol): ParametersMetadata {
  return (Reflect.getMetadata(ROUTE_ARGUMENTS, type, method) as ParametersMetadata | undefined) ?? {};
}

/** Adds one parameter as Nest's own parameter decorators do. */
export function decorateParameter(
  target: object,
  method: string | symbol,
  kind: number,
  parameter: ParameterMetadata,
): void {
  const parameters = {
    ...parametersOf(target.constructor, method),
    [`${kind}:${parameter.index}`]: parameter,
  };
  Reflect.defineMetadata(ROUTE_ARGUMENTS, parameters, target.constructor, method);
}

/** Classes of a method's parameters as the compiler wrote them; undefined without decorators on the method. */
export function parameterTypesOf(prototype: object, method: string | symbol): readonly unknown[] | undefined {
  return Reflect.getMetadata('design:paramtypes', prototype, method) as readonly unknown[] | undefined;
}

export function hasEnhancers(...targets: readonly object[]): boolean {
  return targets.some((target) =>
    ENHANCER_KEYS.some(
      (key) => ((Reflect.getMetadata(key, target) as unknown[] | undefined) ?? []).length > 0,
    ),
  );
}
