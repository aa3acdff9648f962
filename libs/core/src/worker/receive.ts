import type { Envelope } from '../job/envelope.js';
import { bodyOf, readMessage } from '../job/wire.js';
import { WarrenError, describeError, type ErrorDescription } from '../kernel/errors/index.js';
import type { PayloadCodec } from '../payload/codec.js';
import type { Delivery } from '../ports/delivery.js';

/** What arrived: a job with its decoded payload, or the reason why it is none. */
export type Received =
  | { readonly kind: 'job'; readonly envelope: Envelope; readonly payload: unknown }
  | {
      readonly kind: 'undecodable';
      readonly error: ErrorDescription;
      /** Undefined: it is not even a job by its properties and headers. */
      readonly envelope: Envelope | undefined;
    };

/** Never throws: a bad message hurts nobody. */
export function receive(
  delivery: Delivery,
  codec: PayloadCodec,
  maxPayloadBytes: number,
  now: number,
  newId: () => string,
): Received {
  const { message, queue } = delivery;
  const read = readMessage(message, queue, now, newId);
  const envelope = read.ok ? read.envelope : undefined;
  if (message.body.byteLength > maxPayloadBytes) {
    const problem = `the body has ${message.body.byteLength} bytes; maxPayloadBytes is ${maxPayloadBytes}.`;
    return undecodable(problem, envelope);
  }
  if (!read.ok) return undecodable(read.problem, undefined);
  try {
    return { kind: 'job', envelope: read.envelope, payload: codec.decode(bodyOf(message)) };
  } catch (error) {
    return { kind: 'undecodable', error: describeError(error), envelope };
  }
}

function undecodable(problem: string, envelope: Envelope | undefined): Received {
  const error = describeError(new WarrenError('WARREN_UNDECODABLE', problem));
  return { kind: 'undecodable', error, envelope };
}
