import { describeError } from '../kernel/errors/index.js';
import { isPlainlyJson, requireJson } from './json-safe.js';

/** JSON text for the job store, or why there is none. */
export type Remembered =
  | { readonly kind: 'text'; readonly text: string | undefined }
  | { readonly kind: 'not kept'; readonly why: string };

/** A result or a progress as JSON. Never throws: what a handler brings must not fail its job. */
export function rememberedText(value: unknown, what: string, maxBytes: number): Remembered {
  let text: string | undefined;
  try {
    if (!isPlainlyJson(value)) requireJson(value, what);
    text = JSON.stringify(value);
  } catch (error) {
    return { kind: 'not kept', why: describeError(error).message };
  }
  if (text === undefined || fits(text, maxBytes)) return { kind: 'text', text };
  const bytes = Buffer.byteLength(text);
  return {
    kind: 'not kept',
    why: `the ${what} has ${bytes} bytes of JSON, more than ${maxBytes} are not kept`,
  };
}

/** No character takes more than three bytes. */
function fits(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}

/** What a store holds in place of a result that could not be kept. */
const NOT_KEPT = 'warren:result-not-kept';

/** As JSON text. */
export function notKeptMarker(why: string): string {
  return JSON.stringify({ [NOT_KEPT]: why });
}

/** Why the result is missing; undefined: this is no marker. */
export function readNotKept(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null || !(NOT_KEPT in result)) return undefined;
  const why: unknown = result[NOT_KEPT];
  return typeof why === 'string' ? why : undefined;
}
