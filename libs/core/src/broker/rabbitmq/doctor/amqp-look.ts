import type { Channel, ChannelModel } from 'amqplib';
import { isMissing, isNotPermitted, textOf, topologyRefusal } from '../amqp-errors.js';
import { onOwnChannel } from '../channel.js';
import { declareObject } from '../topology/declare.js';
import type { ExchangeObject, QueueObject } from '../topology/objects.js';

/**
 * Looks at exchanges and queues over AMQP, which has no way to read their arguments: it declares what a passive
 * declaration has just found, which changes nothing, and is refused with the difference where there is one.
 */

export type LookedAt = ExchangeObject | QueueObject;

export type ObjectState =
  /** As wanted. `messages` and `consumers` are 0 for exchanges. */
  | { readonly kind: 'equal'; readonly messages: number; readonly consumers: number }
  /** There, but this user may not compare it. */
  | {
      readonly kind: 'uncompared';
      readonly messages: number;
      readonly consumers: number;
    }
  | { readonly kind: 'different'; readonly difference: Difference }
  | { readonly kind: 'missing' }
  /** The broker did not say. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface Difference {
  readonly argument: string;
  readonly wanted: string;
  readonly existing: string;
}

export interface Look {
  /** Those that were looked at. */
  readonly states: Map<LookedAt, ObjectState>;
  /** How long one question and its answer took, in milliseconds. */
  answerMs: number | undefined;
  /** Why the rest was not; empty when all were. */
  problem: string;
}

/**
 * Fills `look`, and resolves when all is looked at or the connection is gone. What it has by then may be read at any
 * time. Those of `foundOnly` are looked for and not compared.
 */
export async function lookAtObjects(
  model: ChannelModel,
  objects: readonly LookedAt[],
  look: Look,
  now: () => number,
  foundOnly: ReadonlySet<LookedAt> = new Set(),
): Promise<void> {
  // A refusal closes the channel, so that it is asked for once only where nothing may be declared.
  let mayDeclare = true;
  let index = 0;
  let found: { readonly messages: number; readonly consumers: number } | undefined;
  const lookOn = async (channel: Channel): Promise<void> => {
    for (; index < objects.length; index += 1) {
      const object = objects[index]!;
      found = undefined;
      const startedAt = now();
      found = await find(channel, object);
      look.answerMs ??= now() - startedAt;
      const isCompared = mayDeclare && !foundOnly.has(object);
      if (isCompared) await declareObject(channel, object);
      look.states.set(object, { kind: isCompared ? 'equal' : 'uncompared', ...found });
    }
  };
  while (index < objects.length) {
    try {
      await onOwnChannel(model, lookOn);
    } catch (error) {
      const state = stateAfter(error, found);
      if (state === undefined) {
        look.problem = `the connection ended: ${textOf(error)}`;
        return;
      }
      if (state.kind === 'uncompared') mayDeclare = false;
      look.states.set(objects[index]!, state);
      index += 1;
    }
  }
}

async function find(channel: Channel, object: LookedAt): Promise<{ messages: number; consumers: number }> {
  if (object.kind === 'exchange') {
    await channel.checkExchange(object.name);
    return { messages: 0, consumers: 0 };
  }
  const { messageCount, consumerCount } = await channel.checkQueue(object.name);
  return { messages: messageCount, consumers: consumerCount };
}

/** What a refusal says of the object; undefined: it was none. */
function stateAfter(
  error: unknown,
  found: { readonly messages: number; readonly consumers: number } | undefined,
): ObjectState | undefined {
  const refusal = topologyRefusal(error, '');
  if (refusal === undefined) return undefined;
  if (isMissing(error)) return { kind: 'missing' };
  if (isNotPermitted(error) && found) return { kind: 'uncompared', ...found };
  const { argument, wanted, existing } = refusal.details;
  return typeof argument === 'string'
    ? {
        kind: 'different',
        difference: { argument, wanted: String(wanted), existing: String(existing) },
      }
    : { kind: 'unknown', why: textOf(error) };
}
