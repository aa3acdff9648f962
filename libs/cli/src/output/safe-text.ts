/**
 * Makes text of others harmless before it reaches a terminal. A payload or an error may hold escape sequences, which
 * could repaint the screen, set its title, or hide what stands there; and characters that turn the direction of a
 * line. Each becomes visible as an escape that JSON and JavaScript know.
 */

/**
 * Control characters of ASCII and Latin-1, line and paragraph separators, marks and overrides of direction, invisible
 * joiners and tags, and halves of a character.
 */
const HARMFUL =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udfff]/g;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** On one line. */
export function safe(text: string): string {
  return text.replace(HARMFUL, (found) => SHORT[found] ?? escaped(found));
}

/** Line by line: line feeds stay. */
export function safeLines(text: string): string {
  return text.split(/\r?\n/).map(safe).join('\n');
}

/** JSON text with the same value, in which nothing is left for a terminal to obey. */
export function safeJson(json: string): string {
  // JSON.stringify escapes ASCII's own; a line feed between members is layout.
  return json.replace(HARMFUL, (found) => (found === '\n' ? found : escaped(found)));
}

/** Safe, and at most so many characters long. */
export function shortened(text: string, characters: number): string {
  // Two code units a character at most.
  const harmless = safe(text.slice(0, characters * 2 + 2));
  const letters = [...harmless];
  return letters.length > characters ? `${letters.slice(0, characters - 1).join('')}…` : harmless;
}

function escaped(found: string): string {
  return Array.from({ length: found.length }, (_, at) => {
    return `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}
