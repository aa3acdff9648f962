import { redactUrls } from 'nestjs-warren/ports';

const SHOWN_CHARACTERS = 60;

/** A value in a message: short, without credentials, and never the contents of an object. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  const text = redactUrls(value);
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}
