import type { JobDefinition } from '../../job/definition.js';
import { isRecord } from '../../options/describe.js';
import { placeOf, requireJob, requireMethod } from './checks.js';
import { rememberDecorated } from './decorated-classes.js';
import { addScheduledMark, type ScheduledOptions } from './metadata.js';

/**
 * The method runs jobs that are made at instants: `@Scheduled('0 9 * * 1-5', { tz: 'Europe/Paris', job: 'report:daily' })`,
 * or `@Scheduled({ every: '10m', job: 'cache:warm' })`. One job is made for each occurrence, whatever the number of
 * processes; it needs a job store. The method becomes the handler of `job`, as with `@JobHandler`, unless another
 * decorator on it says so already; where that names one type, `job` may be left out. Several on one method are allowed,
 * with a `name` each.
 * @throws ConfigurationError at once for an undefined definition and for static and symbol-named methods; at boot for
 * wrong options, cron text that is none or never fires, an unknown zone, and without a job store.
 */
export function Scheduled(
  cronOrOptions: string | ScheduledOptions,
  options: ScheduledOptions = {},
): MethodDecorator {
  return (target, method, descriptor) => {
    requireMethod(target, method, descriptor, '@Scheduled');
    const said = typeof cronOrOptions === 'string' ? { ...options, cron: cronOrOptions } : cronOrOptions;
    const { job } = (isRecord(said) ? said : {}) as { readonly job?: JobDefinition | string };
    if (isRecord(said) && 'job' in said) requireJob(job as string, placeOf(target, method), '@Scheduled');
    addScheduledMark(descriptor.value as object, { options: said });
    rememberDecorated(target, method);
  };
}
