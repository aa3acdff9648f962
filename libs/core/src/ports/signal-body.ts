/** Bodies of signals on their way: JSON within a bound, so that no sender fills the memory of those who listen. */

export const LARGEST_SIGNAL_BYTES = 64 * 1024;

/** Undefined: it is no JSON, or larger than signals may be. */
export function writeSignalBody(body: unknown): Buffer | undefined {
  try {
    // Undefined for what JSON has no word for, against its type.
    const text = JSON.stringify(body) as string | undefined;
    if (text === undefined || text.length > LARGEST_SIGNAL_BYTES) return undefined;
    const bytes = Buffer.from(text);
    return bytes.length > LARGEST_SIGNAL_BYTES ? undefined : bytes;
  } catch {
    return undefined;
  }
}

/** What arrived, whoever sent it. Undefined: it is no body of a signal. */
export function readSignalBody(bytes: Uint8Array): { readonly body: unknown } | undefined {
  if (bytes.length > LARGEST_SIGNAL_BYTES) return undefined;
  try {
    return { body: JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) };
  } catch {
    return undefined;
  }
}
