import type { JobDefinition } from '../../job/definition.js';
import type { HandlerOptions } from '../../options/handler.js';
import { rememberDecorated } from './decorated-classes.js';
import { addHandlerMark } from './metadata.js';

/**
 * The method runs jobs of a type: `@JobHandler('email:new')`, of a definition: `@JobHandler(EmailNew)`, of a prefix:
 * `@JobHandler('email:')`, or of every type that has no other handler: `@JobHandler('')`. Several on one method are
 * allowed. The method gets the payload and the JobContext, or what its parameter decorators say; what it returns is
 * the job's result, what it throws decides the outcome.
 */
export function JobHandler(job: JobDefinition | string, options: HandlerOptions = {}): MethodDecorator {
  return (target, method, descriptor) => {
    addHandlerMark(descriptor.value as object, { job, options });
    rememberDecorated(target, method);
  };
}
