import type { JobDefinition } from '../../job/definition.js';
import type { HandlerOptions } from '../../options/handler.js';
import { placeOf, requireJob, requireMethod } from './checks.js';
import { rememberDecorated } from './decorated-classes.js';
import { addHandlerMark } from './metadata.js';

/**
 * The method runs jobs of a type: `@JobHandler('email:new')`, of a definition: `@JobHandler(EmailNew)`, of a prefix:
 * `@JobHandler('email:')`, or of every type that has no other handler: `@JobHandler('')`. Several on one method are
 * allowed. The method gets the payload and the JobContext, or what its parameter decorators say; what it returns is
 * the job's result (of an observable: its last value), what it throws decides the outcome.
 * @throws ConfigurationError at once for an undefined definition and for static and symbol-named methods.
 */
export function JobHandler(job: JobDefinition | string, options: HandlerOptions = {}): MethodDecorator {
  return (target, method, descriptor) => {
    requireMethod(target, method, descriptor, '@JobHandler');
    requireJob(job, placeOf(target, method), '@JobHandler');
    addHandlerMark(descriptor.value as object, { job, options });
    rememberDecorated(target, method);
  };
}
