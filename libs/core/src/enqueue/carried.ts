import type { Envelope } from '../job/envelope.js';

/**
 * What a new message of a job carries beside its payload, as the job store keeps it: only what the record does not say
 * in a field of its own.
 */
export type Carried = Pick<Envelope, 'headers' | 'own' | 'deadlineAt' | 'uniqueUntil'>;

/** JSON text; undefined: nothing. */
export function carriedText({ headers, own, deadlineAt, uniqueUntil }: Carried): string | undefined {
  const carried = {
    ...(hasSomething(headers) && { headers }),
    ...(hasSomething(own) && { own }),
    ...(deadlineAt !== undefined && { deadlineAt }),
    ...(uniqueUntil !== undefined && { uniqueUntil }),
  };
  return hasSomething(carried) ? JSON.stringify(carried) : undefined;
}

/** Of text that `carriedText` wrote. */
export function readCarried(text: string | undefined): Carried {
  const {
    headers = {},
    own = {},
    deadlineAt,
    uniqueUntil,
  } = (text === undefined ? {} : JSON.parse(text)) as Partial<Carried>;
  return { headers, own, deadlineAt, uniqueUntil };
}

function hasSomething(group: object): boolean {
  return Object.values(group).some((value) => value !== undefined);
}
