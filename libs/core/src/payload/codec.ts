import { isUtf8 } from 'node:buffer';
import type { EncodedPayload } from '../job/message.js';
import { WarrenError } from '../kernel/errors/index.js';
import { isPlainlyJson, requireJson } from './json-safe.js';
import { DEEPEST, isTooDeep } from './nesting.js';

/** Payload <-> bytes. */
export interface PayloadCodec {
  /** Of what it encodes. */
  readonly contentType: string;
  /** @throws WarrenError WARREN_PAYLOAD_NOT_JSON when the format cannot carry the payload as it is. */
  encode(payload: unknown): EncodedPayload;
  /**
   * A fresh value, which the caller may change.
   * @throws WarrenError WARREN_UNDECODABLE saying what is wrong with content type, encoding or bytes.
   */
  decode(body: EncodedPayload): unknown;
}

const CONTENT_TYPE = 'application/json';

/** `undefined` travels as `null`. */
export const jsonCodec: PayloadCodec = {
  contentType: CONTENT_TYPE,
  encode(payload) {
    const isPlain = isPlainlyJson(payload);
    if (!isPlain) requireJson(payload);
    const bytes = Buffer.from(stringify(payload));
    // What is plain is not deep.
    if (!isPlain && isTooDeep(bytes)) throw tooDeep();
    return { bytes, contentType: CONTENT_TYPE };
  },
  decode({ bytes, contentType, contentEncoding }) {
    requireContentType(contentType);
    requireContentEncoding(contentEncoding);
    return parse(bytes);
  },
};

function stringify(payload: unknown): string {
  try {
    return JSON.stringify(payload) ?? 'null';
  } catch (cause) {
    throw new WarrenError(
      'WARREN_PAYLOAD_NOT_JSON',
      'JSON.stringify failed on the payload: it is nested too deeply, or longer than a text can be. Put the data in a store and enqueue its key.',
      { cause },
    );
  }
}

function tooDeep(): WarrenError {
  return new WarrenError(
    'WARREN_PAYLOAD_NOT_JSON',
    `the payload is nested too deeply: more than ${DEEPEST} lists and objects within each other, which no worker reads. Flatten it, or put the data in a store and enqueue its key.`,
  );
}

/** Messages of other programs may leave it out (pika does). */
function requireContentType(contentType: string): void {
  if (contentType === CONTENT_TYPE || contentType === '') return;
  const [mediaType = '', ...parameters] = contentType.toLowerCase().split(';');
  const isJson = mediaType.trim() === CONTENT_TYPE || mediaType.trim() === 'text/json';
  const charset = parameters.map((parameter) => parameter.trim()).find((text) => text.startsWith('charset='));
  const isKnownCharset = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (isJson && isKnownCharset) return;
  throw undecodable(
    `its content type is ${JSON.stringify(contentType.slice(0, 80))}; this worker reads ${CONTENT_TYPE} in UTF-8. Publish JSON, and say so or leave the content type out.`,
  );
}

function requireContentEncoding(contentEncoding: string | undefined): void {
  if (contentEncoding === undefined || /^(|identity|utf-?8)$/i.test(contentEncoding)) return;
  throw undecodable(
    `its content encoding is ${JSON.stringify(contentEncoding.slice(0, 80))}; this worker reads bodies as they are. Publish it unencoded.`,
  );
}

function parse(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) throw undecodable('the body is empty; JSON needs at least null.');
  if (!isUtf8(bytes)) throw undecodable('the body is not UTF-8 text.');
  if (isTooDeep(bytes)) {
    throw undecodable(
      `the body is nested too deeply: more than ${DEEPEST} lists and objects within each other.`,
    );
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    // Some programs put a byte order mark before their JSON.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as unknown;
  } catch (error) {
    throw undecodable(`the body is no JSON: ${withoutExcerpt(error)}.`);
  }
}

/** The engine quotes the text around the error, which may hold secrets: `Unexpected token 'x', "..." is not ...`. */
function withoutExcerpt(error: unknown): string {
  const { message } = error as SyntaxError;
  return message.replace(/, (\.\.\.)?".*$/s, '');
}

function undecodable(problem: string): WarrenError {
  return new WarrenError('WARREN_UNDECODABLE', problem);
}
