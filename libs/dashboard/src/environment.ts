/** The only reader of `process.env` in this package. */
export function isProduction(): boolean {
  return process.env['NODE_ENV'] === 'production';
}
