/** The only reader of `process.env`. Everything else that the environment decides is an option of the application. */
export interface Environment {
  /** `NODE_ENV` is `production`. */
  readonly production: boolean;
  /** `NODE_ENV` is `test`. */
  readonly test?: boolean;
}

export function readEnvironment(): Environment {
  const name = process.env['NODE_ENV'];
  return { production: name === 'production', test: name === 'test' };
}
