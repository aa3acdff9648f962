import { shown, type Kind } from './describe.js';

const EXAMPLE = 'http://user:password@host:15672';

/** An HTTP URL, whose messages never show more than its scheme: the rest may hold a password. */
export const httpUrl: Kind<string> = {
  accepts: 'an HTTP URL (http:// or https://)',
  problems(value, path) {
    if (typeof value !== 'string') return [`${path}: ${shown(value)} is not a URL such as ${EXAMPLE}.`];
    if (value.trim() === '') {
      return [
        `${path}: the text is empty, so the environment variable that it comes from is probably empty. Set it to ${EXAMPLE}, or unset it.`,
      ];
    }
    let parsed: URL;
    try {
      parsed = new URL(value);
      decodeURIComponent(parsed.username + parsed.password);
    } catch {
      return [
        `${path}: this is no valid URL (not shown, it may hold a password). Write ${EXAMPLE} and percent-encode special characters in user and password ('@' is %40, '/' is %2F).`,
      ];
    }
    if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return [];
    return [`${path}: it begins with ${parsed.protocol} instead of http:// or https://. Write ${EXAMPLE}.`];
  },
  resolve: (value) => (value as string).trim(),
};
