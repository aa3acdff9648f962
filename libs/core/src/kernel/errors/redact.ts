/** Takes secrets out of text before it enters a log, an error or a page. */

const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)([^/\s@]*)@/gi;

/** Replaces user and password of every URL in `text`: `amqp://user:secret@host` -> `amqp://***@host`. */
export function redactUrls(text: string): string {
  return text.replace(URL_CREDENTIALS, '$1***@');
}
