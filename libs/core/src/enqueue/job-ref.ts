declare const RESULT: unique symbol;

/** Handle of a job that the broker has. */
export class JobRef<Result = unknown> {
  /** For the compiler only; never there at run time. */
  declare readonly [RESULT]?: Result;

  constructor(
    readonly id: string,
    readonly type: string,
    readonly queue: string,
  ) {}
}
