import { WarrenError, isWarrenError, redactUrls } from '../../kernel/errors/index.js';

/** What the broker or amqplib says -> coded errors that name the cure. The only file that reads their texts. */

/** amqplib's whole account of a refused virtual host: it drops the broker's reason. */
const VHOST_REFUSED = /Expected ConnectionOpenOk; got <ConnectionClose/;

/** Whether the broker refused user, password or virtual host. */
export function isAccessRefused(error: unknown): boolean {
  // During the handshake amqplib gives no code, only these texts.
  const said = textOf(error);
  return /Handshake terminated by server: 403|ACCESS[-_]REFUSED/.test(said) || VHOST_REFUSED.test(said);
}

export function accessRefused(error: unknown, url: string): WarrenError {
  const said = textOf(error);
  const what = VHOST_REFUSED.test(said)
    ? `refused the virtual host '${vhostOf(url)}': it does not exist, the user may not use it, or its connection limit is reached. The broker's log says which. In a URL the host '/' is written as nothing or as %2F.`
    : `refused user and password: ${said}. Check both in the URL; the user guest may connect from the same machine only.`;
  return new WarrenError('WARREN_ACCESS_REFUSED', `RabbitMQ at ${redactUrls(url)} ${what}`, { cause: error });
}

/** Whether trying again is useless until somebody changes something. */
export function isHopeless(error: unknown): boolean {
  return (
    isWarrenError(error, 'WARREN_ACCESS_REFUSED') ||
    isWarrenError(error, 'WARREN_TOPOLOGY_MISMATCH') ||
    isWarrenError(error, 'WARREN_CONFIGURATION')
  );
}

const INEQUIVALENT =
  /inequivalent arg '([^']+)' for (queue|exchange) '([^']+)' in vhost '[^']*': received (.*?) but current is (.*?)"?$/;

/**
 * A refusal to declare or to find an object, as a coded error with what is wanted, what is there and the way out;
 * undefined when it was none, so that trying again may help.
 */
export function topologyRefusal(error: unknown, what: string): WarrenError | undefined {
  const said = textOf(error);
  const match = INEQUIVALENT.exec(said);
  if (match) return mismatch(match, error);
  switch (codeOf(error)) {
    case 403:
      return new WarrenError(
        'WARREN_ACCESS_REFUSED',
        `${what}: RabbitMQ refused it (${said}). Give the user configure, write and read permission for names that begin with the application's name.`,
        { cause: error },
      );
    case 404:
      return new WarrenError(
        'WARREN_TOPOLOGY_MISMATCH',
        `${what}: it is missing at the broker (${said}). With \`declare: false\` exchanges and queues must be made beforehand.`,
        { cause: error },
      );
    case 405:
    case 406:
      return new WarrenError(
        'WARREN_TOPOLOGY_MISMATCH',
        `${what}: RabbitMQ does not accept it (${said}). Check the options of the queue against the version of the broker.`,
        { cause: error },
      );
    default:
      return undefined;
  }
}

/** Every quorum queue is declared with these and no classic one is; the broker may name them instead of the type. */
const OF_QUORUM = ['x-dead-letter-strategy', 'x-delivery-limit'];

function mismatch([, named, kind, name, received, current]: RegExpExecArray, cause: unknown): WarrenError {
  const isOtherType = OF_QUORUM.includes(named!) && plain(received!) === 'none';
  const [argument, wanted, existing] = isOtherType
    ? ['x-queue-type', 'classic', 'quorum']
    : [named!, plain(received!), plain(current!)];
  // It follows from the overflow, and the broker compares it first.
  const option = argument === 'x-dead-letter-strategy' ? 'the option overflow' : 'the option';
  const wayOut =
    kind === 'queue'
      ? `Set ${option} to the existing value; or let the queue run empty and delete it, so that it is declared anew; or use another queue name.`
      : 'Delete the exchange when no process uses it, so that it is declared anew, or use another `app` name.';
  return new WarrenError(
    'WARREN_TOPOLOGY_MISMATCH',
    `The ${kind} '${name}' exists with another ${argument}: wanted is ${wanted}, existing is ${existing}. ${wayOut}`,
    { cause, details: { kind, name, argument, wanted, existing } },
  );
}

export function notConnected(problem: string): WarrenError {
  return new WarrenError(
    'WARREN_NOT_CONNECTED',
    `RabbitMQ is not connected: ${problem}. Try again when it is back.`,
  );
}

/** Whether there is no such object. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 404;
}

/** Whether the user lacks the permission. */
export function isNotPermitted(error: unknown): boolean {
  return codeOf(error) === 403;
}

/** Whether the broker closed a channel over a message above its size limit. */
export function isTooLarge(why: string): boolean {
  return /message size \d+ is larger than/.test(why);
}

/** Whether amqplib could not put properties and headers into its buffer. */
export function isTooLargeToEncode(error: unknown): boolean {
  return error instanceof RangeError && /encoding buffer/.test(error.message);
}

/** Whether amqplib did nothing because channel or connection had ended. */
export function isEnded(error: unknown): boolean {
  return (error as { name?: unknown } | undefined)?.name === 'IllegalOperationError';
}

export function textOf(error: unknown): string {
  // Several addresses of one host failed: the parts say it, the whole is empty.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(textOf).join('; ');
  return redactUrls(error instanceof Error ? error.message || error.name : String(error)).trim();
}

/** Ends with one full stop, whoever wrote it. */
export function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
}

/** `the value '5' of type 'byte'` -> `5`; `none` stays. */
function plain(value: string): string {
  return /^(?:the value )?'([^']*)'/.exec(value)?.[1] ?? value;
}

/** The virtual host that a URL names. */
export function vhostOf(url: string): string {
  const [, name = ''] = new URL(url).pathname.split('/');
  return name === '' ? '/' : decodeURIComponent(name);
}
