import { cutAndRedact } from './redact.js';

/** What is kept of anything thrown. `stack` holds the first lines only. */
export interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
}

const MESSAGE_CHARACTERS = 1_000;
const STACK_LINES = 6;
const LINE_CHARACTERS = 200;

/** Describes anything thrown: errors, strings, null, cyclic objects, objects with throwing getters. Never throws. */
export function describeError(thrown: unknown): ErrorDescription {
  try {
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
      const { name, message, stack, code } = thrown as Record<string, unknown>;
      return {
        name: cut(typeof name === 'string' && name !== '' ? name : 'Error', LINE_CHARACTERS),
        message: cutAndRedact(String(message), MESSAGE_CHARACTERS),
        ...(typeof stack === 'string' && { stack: firstFrames(stack) }),
        ...(typeof code === 'string' && { code: cut(code, LINE_CHARACTERS) }),
      };
    }
    return { name: 'NonError', message: cutAndRedact(`thrown: ${textOf(thrown)}`, MESSAGE_CHARACTERS) };
  } catch {
    return { name: 'NonError', message: 'thrown: something that cannot be described' };
  }
}

/** The frames below the message: the message itself is kept apart, and may span lines. */
function firstFrames(stack: string): string {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames
    .slice(0, STACK_LINES)
    .map((line) => cutAndRedact(line.trim(), LINE_CHARACTERS))
    .join('\n');
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- the last resort, when toJSON gives nothing
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters - 1)}…` : text;
}
