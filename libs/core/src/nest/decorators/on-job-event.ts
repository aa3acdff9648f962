import type { JobMoment } from '../../observe/moments.js';
import { requireMethod } from './checks.js';
import { addEventMark, type OnJobEventOptions } from './metadata.js';

export type JobEventKind = JobMoment['kind'];

/**
 * The method is told of what happens to jobs: `@OnJobEvent('completed', { type: 'email:*' })`. It gets the moment, one
 * at a time and in order, in a later turn of the event loop: jobs neither wait for it nor hear of its errors, which are
 * logged. At most 1,000 moments wait for it; beyond that they are dropped with a warning. Several on one method are
 * allowed. Guards, interceptors, pipes and filters do not apply.
 * @throws ConfigurationError at once for static and symbol-named methods; at boot for a kind that does not exist, a
 * wrong option, and a class that is made for each request.
 */
export function OnJobEvent(kind: JobEventKind, options: OnJobEventOptions = {}): MethodDecorator {
  return (target, method, descriptor) => {
    requireMethod(target, method, descriptor, '@OnJobEvent');
    addEventMark(descriptor.value as object, { kind, options });
  };
}
