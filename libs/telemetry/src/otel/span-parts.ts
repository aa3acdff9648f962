import { isWarrenError, redactUrls } from 'nestjs-warren/ports';

/** `type`: spans are named after job types. `destination`: after exchange, routing key and queue, as the conventions say. */
export type SpanNames = 'type' | 'destination';

const MESSAGE_CHARACTERS = 1_000;

/** Kind and text of anything thrown, without credentials. */
export function describeThrown(thrown: unknown): { readonly type: string; readonly message: string } {
  if (isWarrenError(thrown)) return { type: thrown.code, message: cut(thrown.message) };
  if (thrown instanceof Error) return { type: thrown.name, message: cut(thrown.message) };
  return { type: 'NonError', message: 'what was thrown is no Error' };
}

function cut(message: string): string {
  return redactUrls(message).slice(0, MESSAGE_CHARACTERS);
}
