import { channel } from 'node:diagnostics_channel';
import type { Moment, MomentKind, Observer } from './moments.js';

/**
 * Tells `node:diagnostics_channel` subscribers: one channel for each kind of moment, named `warren:<kind>`, with the
 * moment as message. What a subscriber throws there, Node raises as an uncaught exception; moments that end a job
 * are told after the broker has the outcome, so that even then nothing is lost.
 */
export function diagnosticsObserver(): Observer {
  const channels = new Map<MomentKind, ReturnType<typeof channel>>();
  return (moment: Moment) => {
    let named = channels.get(moment.kind);
    if (!named) channels.set(moment.kind, (named = channel(`warren:${moment.kind}`)));
    if (named.hasSubscribers) named.publish(moment);
  };
}
