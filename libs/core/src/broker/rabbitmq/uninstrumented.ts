import type { Channel, ChannelModel } from 'amqplib';

/**
 * Makes each channel of a connection do as amqplib wrote it, where an automatic instrumentation has wrapped the methods
 * of all channels. Such a wrapper makes a span for each message that it sees, which here would be wrong: acks go out as
 * frames of our own, so that its spans of deliveries would end by its time limit; and for publishes it writes its own
 * `traceparent` over that of the job. What belongs into a trace is the business of middleware. Wrappers are known by the
 * `__original` that OpenTelemetry's leave; those of other makers stay.
 */

type Method = (this: unknown, ...given: unknown[]) => unknown;
type Methods = Record<string, Method | undefined>;

const WRAPPED = ['publish', 'consume', 'ack', 'nack', 'reject', 'ackAll', 'nackAll'];

/** `told` hears of each channel whose methods were wrapped. */
export function leaveUninstrumented(model: ChannelModel, told: () => void): void {
  const createChannel = model.createChannel.bind(model);
  const createConfirmChannel = model.createConfirmChannel.bind(model);
  const plain = <Made extends Channel>(channel: Made, publishOf: PublishOf): Made => {
    if (unwrap(channel as unknown as Methods, publishOf)) told();
    return channel;
  };
  model.createChannel = async (options) =>
    plain(await createChannel(options), ({ publish }) => originalOf(publish));
  model.createConfirmChannel = async (options) =>
    plain(await createConfirmChannel(options), publishWithConfirm);
}

type PublishOf = (channel: Methods) => Method | undefined;

/** Whether anything was wrapped. */
function unwrap(channel: Methods, publishOf: PublishOf): boolean {
  const wrapped = WRAPPED.filter((name) => originalOf(channel[name]) !== channel[name]);
  if (wrapped.includes('publish')) channel['publish'] = publishOf(channel);
  for (const name of wrapped) if (name !== 'publish') channel[name] = originalOf(channel[name]);
  return wrapped.length > 0;
}

/** Its own calls that of its base class by name, which is wrapped, too; so both steps of it are made here. */
function publishWithConfirm(channel: Methods): Method | undefined {
  const base = Object.getPrototypeOf(Object.getPrototypeOf(channel)) as Methods;
  const send = originalOf(base['publish']);
  const { pushConfirmCallback } = channel;
  if (!send || !pushConfirmCallback) return channel['publish'];
  return function (this: unknown, exchange, routingKey, content, options, confirmed) {
    const isSent = send.call(this, exchange, routingKey, content, options);
    pushConfirmCallback.call(this, confirmed);
    return isSent;
  };
}

/** Wrapped more than once, it is the innermost. */
function originalOf(method: Method | undefined): Method | undefined {
  let found: (Method & { readonly __original?: Method }) | undefined = method;
  while (typeof found?.__original === 'function') found = found.__original;
  return found;
}
