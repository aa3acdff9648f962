import type { ExecutionContext } from '@nestjs/common';
import { BODY_PARAMETER, CONTEXT_PARAMETER } from './nest-metadata.js';

/** Context type of guards, interceptors, filters and parameter decorators that run for a job. */
export const JOB_CONTEXT_TYPE = 'job';

/** Whether an ExecutionContext is that of a job: `[payload, JobContext]` are its arguments. */
export function isJobContext(context: Pick<ExecutionContext, 'getType'>): boolean {
  return context.getType<string>() === JOB_CONTEXT_TYPE;
}

/** Fills decorated parameters from the arguments `[payload, JobContext]`. */
export const jobParamsFactory = {
  exchangeKeyForValue(kind: number, _data: unknown, parameters: readonly unknown[]): unknown {
    if (kind === BODY_PARAMETER) return parameters[0];
    if (kind === CONTEXT_PARAMETER) return parameters[1];
    return undefined;
  },
};
