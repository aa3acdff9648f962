import type { Settings } from '../options/settings.js';
import type { QueueNeeds } from '../ports/finding.js';
import { consumedQueues } from '../worker/bindings.js';
import type { HandlerRegistration } from '../worker/handler.js';
import { Routes } from '../worker/routes.js';

/** What this process needs of each queue that it consumes or that its options list. */
export function queueNeeds(
  settings: Settings,
  handlers: readonly HandlerRegistration[],
): readonly QueueNeeds[] {
  const consumed = new Set(settings.worker ? consumedQueues(handlers, settings) : []);
  const routes = new Routes(handlers, [], settings.queues);
  return [...new Set([...consumed, ...settings.queues.listed])].map((queue) => ({
    spec: settings.queues.settingsOf(queue).spec,
    isConsumed: consumed.has(queue),
    longestHoldMs: consumed.has(queue) ? routes.longestHoldMs(queue) : undefined,
  }));
}
