import type { EncodedPayload } from '../job/message.js';
import { WarrenError } from '../kernel/errors/index.js';

/** Refuses payloads that a broker should not carry. `place` names the call. @throws WarrenError WARREN_PAYLOAD_TOO_LARGE */
export function checkSize({ bytes }: EncodedPayload, maxPayloadBytes: number, place: string): void {
  const { byteLength } = bytes;
  if (byteLength <= maxPayloadBytes) return;
  throw new WarrenError(
    'WARREN_PAYLOAD_TOO_LARGE',
    `${place}: the encoded payload has ${shown(byteLength)}; maxPayloadBytes allows ${shown(maxPayloadBytes)}. Put the data in a store (a file, object storage, a database) and enqueue its key.`,
    { details: { bytes: byteLength, maxPayloadBytes } },
  );
}

function shown(bytes: number): string {
  if (bytes < 1_000_000) return `${bytes.toLocaleString('en')} bytes`;
  return `${(bytes / 1_000_000).toFixed(1)} MB (${bytes.toLocaleString('en')} bytes)`;
}
