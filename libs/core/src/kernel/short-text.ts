/** The longest short string of AMQP, and the longest id, key, tag or queue name that job stores take. */
export const MOST_TEXT_BYTES = 255;

/** Whether AMQP carries it as a short string and a job store can know it. */
export function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MOST_TEXT_BYTES;
}
