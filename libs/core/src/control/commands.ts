import { isRecord } from '../options/describe.js';
import type { SettingChange } from '../ports/store-registry.js';
import { JOB_MOMENT_KINDS, type JobMomentKind } from './carried-moment.js';

/** What processes tell each other by `control`, and its check: anybody who may publish there may have written it. */
export type Command =
  /** Whoever runs the job aborts its signal. */
  | {
      readonly kind: 'cancel';
      readonly id: string;
      readonly reason: string | undefined;
      readonly by: string | undefined;
      /** Of the newest message that the sender knows; undefined: not said. */
      readonly generation: number | undefined;
    }
  /** The sender wants to hear the events of all processes. Undefined: every kind of them. */
  | { readonly kind: 'listening'; readonly kinds: readonly JobMomentKind[] | undefined }
  /** Something was set at run time: whoever has a store looks there, all others go by what is said here. */
  | { readonly kind: 'settings'; readonly changes: readonly SettingChange[] }
  /** The worker of that id, or of that `host:process id`, takes nothing new. */
  | { readonly kind: 'quiet'; readonly worker: string }
  /** It takes jobs again. */
  | { readonly kind: 'wake'; readonly worker: string }
  /** Its process ends as SIGTERM makes it. */
  | { readonly kind: 'stop'; readonly worker: string }
  /** The sender has begun, and wants to know whether somebody listens. */
  | { readonly kind: 'whoListens' };

const LONGEST_CHARACTERS = 2_000;

/** Undefined: no command, or one of a later version. */
export function readCommand(body: unknown): Command | undefined {
  if (!isRecord(body)) return undefined;
  switch (body['kind']) {
    case 'whoListens':
      return { kind: 'whoListens' };
    case 'listening':
      return { kind: 'listening', kinds: kindsOf(body['kinds']) };
    case 'cancel': {
      const { id, reason, by, generation } = body;
      if (typeof id !== 'string' || id === '' || id.length > LONGEST_CHARACTERS) return undefined;
      return {
        kind: 'cancel',
        id,
        reason: textOf(reason),
        by: textOf(by),
        generation: Number.isSafeInteger(generation) ? (generation as number) : undefined,
      };
    }
    case 'quiet':
    case 'wake':
    case 'stop':
      return isName(body['worker']) ? { kind: body['kind'], worker: body['worker'] } : undefined;
    case 'settings': {
      const { changes } = body;
      if (!Array.isArray(changes) || !changes.every(isChange)) return undefined;
      return { kind: 'settings', changes };
    }
    default:
      return undefined;
  }
}

/** Without those that only later versions know. */
function kindsOf(said: unknown): readonly JobMomentKind[] | undefined {
  return Array.isArray(said) ? JOB_MOMENT_KINDS.filter((kind) => said.includes(kind)) : undefined;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_CHARACTERS;
}

function isChange(said: unknown): said is SettingChange {
  if (!isRecord(said) || (said['scope'] !== 'queue' && said['scope'] !== 'type')) return false;
  const { value } = said;
  return isName(said['name']) && isName(said['key']) && (value === undefined || typeof value === 'string');
}

/** Short enough to be carried, and to be shown. */
export function cutText(text: string | undefined): string | undefined {
  return text === undefined || text.length <= LONGEST_CHARACTERS
    ? text
    : `${text.slice(0, LONGEST_CHARACTERS - 1)}…`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? cutText(value) : undefined;
}
