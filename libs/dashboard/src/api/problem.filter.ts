import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { rawResponse } from '../exchange.js';
import { problemOf } from './problem.js';

/** Answers everything that is thrown on the way of a request of this API. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('JobsApi');

  constructor(private readonly host: HttpAdapterHost) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<object>();
    const raw = rawResponse(response);
    if (raw.headersSent || raw.destroyed) return;
    const problem = problemOf(thrown);
    if (problem.status >= 500) this.logger.error(thrown);
    const { httpAdapter } = this.host;
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
    if (problem.status === 503 || problem.status === 429) httpAdapter.setHeader(response, 'Retry-After', '1');
    httpAdapter.reply(response, problem, problem.status);
  }
}
