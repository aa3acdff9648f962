/** What a broker carries, in words that no broker owns: bytes, properties, headers. */

export type HeaderValue = string | number | boolean;

/** A payload as bytes, with what says how to read them. */
export interface EncodedPayload {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly contentEncoding?: string;
}

/** Properties are optional because messages of other programs arrive too. */
export interface Message {
  readonly body: Uint8Array;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** Job id. */
  readonly messageId?: string;
  /** Job type. */
  readonly type?: string;
  readonly appId?: string;
  readonly correlationId?: string;
  /** Epoch milliseconds; AMQP keeps whole seconds of it. */
  readonly timestamp?: number;
  readonly priority?: number;
  /** Values as they came; those of other programs may be of any kind. */
  readonly headers: Readonly<Record<string, unknown>>;
}
