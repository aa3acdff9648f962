import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../host.mjs';
import { usage } from './usage.mjs';

const BULK = 500;

/** Makes jobs. `system.send(payload, options)` and `system.sendMany(payloads)` resolve when the broker has confirmed. */
export function producerRole(system) {
  return {
    /** So many callers, each of whom sends its next job when the last one is confirmed. */
    async send({ count, inFlight, bytes, types = 1, options, warmUp = 0 }) {
      const payload = payloadOf(bytes);
      const lanes = async (upTo) => {
        let sent = 0;
        const lane = async () => {
          while (sent < upTo) {
            sent += 1;
            await system.send(payload, options, sent % types);
          }
        };
        await Promise.all(Array.from({ length: inFlight }, lane));
      };
      await lanes(warmUp);
      return rated(count, () => lanes(count));
    },

    /** Lists, the next when the last one is confirmed. */
    async sendMany({ count, bytes, warmUp = 0 }) {
      const payload = payloadOf(bytes);
      const lists = async (upTo) => {
        for (let sent = 0; sent < upTo; sent += BULK) {
          await system.sendMany(Array.from({ length: Math.min(BULK, upTo - sent) }, () => payload));
        }
      };
      await lists(warmUp);
      return rated(count, () => lists(count));
    },

    /** One job after the other at a fixed rate, each with the instant at which it was sent. */
    async pace({ count, perSecond, bytes }) {
      const { text } = payloadOf(bytes);
      const startedAt = now();
      const sent = [];
      for (let index = 0; index < count; index += 1) {
        const waitMs = startedAt + (index * 1_000) / perSecond - now();
        if (waitMs > 0) await sleep(waitMs);
        sent.push(system.send({ text, sentAt: now() }));
      }
      await Promise.all(sent);
    },

    /** Of a scenario that nobody works off. */
    purge: () => system.purge(),

    /** What the system declared and stored is taken away. */
    remove: () => system.remove(),

    /** All at once, each due after a time of its own. */
    async delay({ delaysMs }) {
      await Promise.all(
        delaysMs.map((delayMs) => system.send({ dueAt: now() + delayMs, text: '' }, { delay: delayMs })),
      );
    },
  };
}

async function rated(count, work) {
  const since = usage();
  await work();
  const { seconds, cpuSeconds } = since();
  return { perSecond: count / seconds, cpuUs: (cpuSeconds * 1e6) / count };
}

function payloadOf(bytes) {
  return { text: 'x'.repeat(Math.max(0, bytes - '{"text":""}'.length)) };
}
