import type { MessagePort } from 'node:worker_threads';
import type { Moment } from '../observe/moments.js';
import type { AttemptFacts } from '../worker/isolated-attempt.js';
import type { PackedError } from './packed-error.js';

/**
 * What the main thread and a thread say to each other. The pool hands out tasks and ends threads; all else goes over
 * one link for each thread, so that it arrives in order: the last progress before the end.
 */

/** What the pool hands to a thread. */
export interface ThreadTask {
  /** Names the run in all messages. */
  readonly run: number;
  readonly connection: string;
  /** Of the handler. */
  readonly pattern: string;
  readonly facts: AttemptFacts;
}

/** What a thread finds when it starts. */
export interface ThreadData {
  /** URL of the file that starts the application. */
  readonly entry: string;
}

/** The first message of a thread: its end of the link. */
export interface ThreadHello {
  readonly warrenLink: MessagePort;
}

export function isThreadHello(message: unknown): message is ThreadHello {
  return typeof message === 'object' && message !== null && 'warrenLink' in message;
}

export type RunEnding =
  | { readonly kind: 'value'; readonly value: unknown }
  /** `isReason`: it threw the reason of its own signal. */
  | { readonly kind: 'thrown'; readonly error: PackedError; readonly isReason: boolean }
  /** The payload does not satisfy its contract. */
  | { readonly kind: 'invalid'; readonly error: PackedError };

export type FromThread =
  | { readonly kind: 'startFailed'; readonly run: number; readonly error: PackedError }
  | { readonly kind: 'begun'; readonly run: number }
  | { readonly kind: 'heartbeat'; readonly run: number }
  | { readonly kind: 'progress'; readonly run: number; readonly value: unknown }
  | { readonly kind: 'ended'; readonly run: number; readonly ending: RunEnding }
  | { readonly kind: 'call'; readonly call: number; readonly connection: string; readonly asks: BrokerCall }
  | { readonly kind: 'moment'; readonly connection: string; readonly moment: Moment }
  /** The application of the thread is closed. */
  | { readonly kind: 'closed' };

export type ToThread =
  | { readonly kind: 'abort'; readonly run: number; readonly reason: PackedError }
  | { readonly kind: 'answer'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly call: number; readonly error: PackedError }
  /** Close the application. */
  | { readonly kind: 'close' };

/** Operations of the broker that a thread has done by the main thread. */
export const FORWARDED = ['ensureQueue', 'publish', 'bury', 'stats', 'signal'] as const;

export interface BrokerCall {
  readonly operation: (typeof FORWARDED)[number];
  readonly given: readonly unknown[];
}
