/**
 * Hides values of payloads, results and headers whose key sounds like a secret, before they leave over HTTP. Values are
 * not looked at: a token that stands under `note` is shown.
 */

/** Anywhere in the key, without its separators: `dbPassword`, `X-Api-Key`. */
const TELLING = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'apikey',
  'accesskey',
  'privatekey',
  'authorization',
  'credential',
  'cookie',
  'creditcard',
  'cardnumber',
];

/** Whole words of the key alone: `author` and `spinner` are harmless. */
const WORDS = new Set(['pwd', 'pin', 'otp', 'cvv', 'cvc', 'ssn', 'iban', 'auth', 'jwt', 'signature']);

export const HIDDEN = '[redacted]';

/** Beyond it nothing is shown: the stack of this process is not to depend on who enqueues. */
const DEEPEST = 500;

export type Redact = (value: unknown) => unknown;

/** Further keys are taken whole, with any separators and case: `birthDate` hides `birth_date` too. */
export function redactByKey(furtherKeys: readonly string[] = []): Redact {
  const further = new Set(furtherKeys.map(joined));
  const known = new Map<string, boolean>();
  const isSecret = (key: string): boolean => {
    let answer = known.get(key);
    if (answer === undefined) {
      answer = further.has(joined(key)) || soundsSecret(key);
      // Keys of payloads are anybody's: what is remembered of them has an end.
      if (known.size < 1_000 && key.length <= 100) known.set(key, answer);
    }
    return answer;
  };
  const redact = (value: unknown, depth: number): unknown => {
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    if (depth >= DEEPEST) return '[nested too deep]';
    if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        isSecret(key) ? hidden(item) : redact(item, depth + 1),
      ]),
    );
  };
  return (value) => redact(value, 0);
}

/** Whether there was something is no secret. */
function hidden(value: unknown): unknown {
  return value === null || value === undefined || value === '' ? value : HIDDEN;
}

function soundsSecret(key: string): boolean {
  const whole = joined(key);
  if (TELLING.some((part) => whole.includes(part))) return true;
  return wordsOf(key).some((word) => WORDS.has(word));
}

function joined(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}
