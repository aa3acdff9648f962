/** The only reader of `process.env`. Everything else that the environment decides is an option of the application. */
export interface Environment {
  /** `NODE_ENV` is `production`. */
  readonly production: boolean;
}

export function readEnvironment(): Environment {
  return { production: process.env['NODE_ENV'] === 'production' };
}
