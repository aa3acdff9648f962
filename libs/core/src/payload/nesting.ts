/**
 * How deep JSON may be nested. The engine parses any depth, but validators, transformers and JSON.stringify recurse,
 * and end the stack: class-validator, the hungriest, before a thousand levels.
 */
export const DEEPEST = 500;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Looks at the bytes, before anything is built of them. Of what is no JSON it may say either. */
export function isTooDeep(json: Uint8Array): boolean {
  // Each level needs two brackets.
  if (json.byteLength <= 2 * DEEPEST) return false;
  let depth = 0;
  for (let at = 0; at < json.byteLength; at += 1) {
    switch (json[at]) {
      case QUOTE:
        at = endOfText(json, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        if (depth > DEEPEST) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1;
        break;
      default:
        break;
    }
  }
  return false;
}

/** Where the text that begins at a quote ends: at the next one that is not escaped. */
function endOfText(json: Uint8Array, start: number): number {
  for (let end = json.indexOf(QUOTE, start + 1); end >= 0; end = json.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return json.byteLength;
}
