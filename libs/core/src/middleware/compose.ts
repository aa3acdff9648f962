/** Composes next-style wrappers once, first outermost, so that a call walks no list. */
export function compose<Context, Result>(
  wrappers: ReadonlyArray<(context: Context, next: () => Promise<Result>) => Promise<Result>>,
  innermost: (context: Context) => Promise<Result>,
): (context: Context) => Promise<Result> {
  return wrappers.reduceRight<(context: Context) => Promise<Result>>(
    (next, wrapper) => (context) => wrapper(context, () => next(context)),
    innermost,
  );
}
