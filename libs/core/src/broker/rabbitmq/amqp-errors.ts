import { WarrenError, redactUrls } from '../../kernel/errors/index.js';

/** What the broker or amqplib says -> coded errors that name the cure. The only file that reads their texts. */

/** Whether trying again is useless until somebody changes something. */
export function isAccessRefused(error: unknown): boolean {
  // amqplib gives no code for a refusal during the handshake, only this text with the AMQP reply code in it.
  return /Handshake terminated by server: (403|530)|ACCESS[-_]REFUSED|NOT[-_]ALLOWED/.test(textOf(error));
}

export function accessRefused(error: unknown, url: string): WarrenError {
  const said = textOf(error);
  const cure = /530|vhost|NOT[-_]ALLOWED/.test(said)
    ? 'Check that the virtual host in the URL exists (an empty path means "/") and that the user may use it.'
    : 'Check user and password in the URL; the user guest may connect from the same machine only.';
  return new WarrenError(
    'WARREN_ACCESS_REFUSED',
    `RabbitMQ at ${redactUrls(url)} refused the connection: ${said}. ${cure}`,
    {
      cause: error,
    },
  );
}

const INEQUIVALENT =
  /inequivalent arg '([^']+)' for (queue|exchange) '([^']+)' in vhost '[^']*': received (.*?) but current is (.*?)"?$/;

/** A refusal to declare or to find an object, with what is wanted, what is there and the way out. */
export function topologyError(error: unknown, what: string): Error {
  const said = textOf(error);
  const match = INEQUIVALENT.exec(said);
  if (match) {
    const [, argument, kind, name, wanted, existing] = match;
    return new WarrenError(
      'WARREN_TOPOLOGY_MISMATCH',
      `The ${kind} '${name}' exists with another ${argument}: wanted is ${plain(wanted!)}, existing is ${plain(existing!)}. Set the option to the existing value; or, when the queue is empty, delete it so that it is declared anew; or use another queue name.`,
      { cause: error, details: { kind, name, argument, wanted: plain(wanted!), existing: plain(existing!) } },
    );
  }
  if (codeOf(error) === 404) {
    return new WarrenError(
      'WARREN_TOPOLOGY_MISMATCH',
      `${what}: something is missing at the broker (${said}). With \`declare: false\` exchanges and queues must be made beforehand; docs/wire-format.md lists them.`,
      { cause: error },
    );
  }
  if (codeOf(error) === 403) {
    return new WarrenError(
      'WARREN_ACCESS_REFUSED',
      `${what}: RabbitMQ refused it (${said}). Give the user configure, write and read permission for names that begin with the application's name.`,
      { cause: error },
    );
  }
  if (codeOf(error) === 406) {
    return new WarrenError(
      'WARREN_TOPOLOGY_MISMATCH',
      `${what}: RabbitMQ does not accept these arguments (${said}). Check the options of the queue against the version of the broker.`,
      { cause: error },
    );
  }
  return error instanceof Error ? error : new Error(said);
}

/** Whether the object itself is the problem, so that trying again changes nothing. */
export function isTopologyRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code === 403 || code === 404 || code === 406;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
}

/** `the value '5' of type 'signedint'` -> `5`; `none` stays. */
function plain(value: string): string {
  return /^(?:the value )?'([^']*)'/.exec(value)?.[1] ?? value;
}

export function textOf(error: unknown): string {
  return redactUrls(error instanceof Error ? error.message || error.name : String(error)).trim();
}
