/** Takes secrets out of text before it enters a log, an error or a page. */

/** Lengths are bounded where a long run of letters would otherwise be scanned again from each of them. */
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]{0,30}:\/\/)([^/\s@]*@)+/gi;

/** A broker URL needs none of its characters before the last `@`; an unescaped '/' or '@' in a password is common. */
const BROKER_CREDENTIALS = /(amqps?:\/\/)\S*@/gi;

/** Replaces user and password of every URL in `text`: `amqp://user:secret@host` -> `amqp://***@host`. */
export function redactUrls(text: string): string {
  return text.includes('@')
    ? text.replace(BROKER_CREDENTIALS, '$1***@').replace(URL_CREDENTIALS, '$1***@')
    : text;
}

/** The first `characters` of `text` without credentials, also of a URL that the cut goes through. */
export function cutAndRedact(text: string, characters: number): string {
  if (text.length <= characters) return redactUrls(text);
  const kept = redactUrls(text.slice(0, characters - 1));
  return `${kept.replace(/:\/\/[^\s@]*$/, '://')}…`;
}
