/** The longest id, key, tag or queue name that stores take; AMQP's short strings, which carry ids too, hold as much. */
export const MOST_TEXT_BYTES = 255;

/** Whether a store can know it; one of another length no store does. */
export function isStoreText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MOST_TEXT_BYTES;
}
