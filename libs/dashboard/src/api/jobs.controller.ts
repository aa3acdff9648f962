import { Controller, Inject } from '@nestjs/common';
import { WarrenError, isWarrenError, type Job } from 'nestjs-warren';
import { isFinal } from 'nestjs-warren/ports';
import { API, type ApiParts } from '../tokens.js';
import { Input, type CallOf } from './call.js';
import { optionsOf } from './dto/enqueue.js';
import {
  cancelJob,
  countJobs,
  discardJob,
  enqueueJob,
  findJobs,
  getJob,
  rescheduleJob,
  retryJob,
  runJobNow,
  waitForResult,
} from './dto/jobs.js';
import { Serves } from './endpoint.js';
import { accepted, jobInFull, jobRow } from './views.js';
import { waitMs } from './wait.js';

@Controller()
export class JobsController {
  constructor(@Inject(API) private readonly parts: ApiParts) {}

  @Serves(enqueueJob)
  async enqueue(@Input() { body, setHeader }: CallOf<typeof enqueueJob>): Promise<object> {
    const { jobs, definitions } = this.parts;
    const { type, payload, options } = body;
    const definition = definitions.get(type);
    const ref = definition
      ? await jobs.enqueue(definition, payload, optionsOf(options))
      : await jobs.enqueue(type, payload, optionsOf(options));
    // Relative to the address that was asked, so that it is right behind any proxy.
    setHeader('Location', `jobs/${encodeURIComponent(ref.id)}`);
    return accepted(ref);
  }

  @Serves(findJobs)
  async find(@Input() { query }: CallOf<typeof findJobs>): Promise<object> {
    const { limit, cursor, ...wanted } = query;
    const found = await this.parts.jobs.find(
      { ...wanted },
      {
        ...(limit !== undefined && { limit }),
        ...(cursor !== undefined && { cursor }),
      },
    );
    return { jobs: found.jobs.map(jobRow), next: found.next };
  }

  @Serves(countJobs)
  counts(): Promise<object> {
    return this.parts.jobs.counts();
  }

  @Serves(getJob)
  async get(@Input() { params }: CallOf<typeof getJob>): Promise<object> {
    return jobInFull(await this.require(params.id), this.parts.redact);
  }

  @Serves(waitForResult)
  async result(@Input() { params, query, gone }: CallOf<typeof waitForResult>): Promise<object> {
    const { jobs, redact, longestWaitMs } = this.parts;
    const timeout = waitMs(query.wait, longestWaitMs);
    if (timeout > 0) {
      try {
        await jobs.result(params.id, { timeout, signal: gone });
      } catch (error) {
        if (!ENDS_OF_WAIT.some((code) => isWarrenError(error, code))) throw error;
      }
    }
    const { id, state, reason, error, result, resultNotKept } = await this.require(params.id);
    return { id, state, ended: isFinal(state), reason, error, result: redact(result), resultNotKept };
  }

  @Serves(cancelJob)
  async cancel(@Input() { params, body }: CallOf<typeof cancelJob>): Promise<object> {
    const { reason, by } = body;
    const outcome = await this.parts.jobs.cancel(params.id, {
      ...(reason !== undefined && { reason }),
      ...(by !== undefined && { by }),
    });
    return { id: params.id, outcome };
  }

  @Serves(retryJob)
  async retry(@Input() { params }: CallOf<typeof retryJob>): Promise<object> {
    return jobRow(await this.parts.jobs.retry(params.id));
  }

  @Serves(runJobNow)
  async runNow(@Input() { params }: CallOf<typeof runJobNow>): Promise<object> {
    return jobRow(await this.parts.jobs.runNow(params.id));
  }

  @Serves(rescheduleJob)
  async reschedule(@Input() { params, body }: CallOf<typeof rescheduleJob>): Promise<object> {
    return jobRow(await this.parts.jobs.reschedule(params.id, body.at));
  }

  @Serves(discardJob)
  async discard(@Input() { params }: CallOf<typeof discardJob>): Promise<object> {
    return jobRow(await this.parts.jobs.discard(params.id));
  }

  private async require(id: string): Promise<Job> {
    const job = await this.parts.jobs.get(id);
    if (job) return job;
    throw new WarrenError(
      'WARREN_JOB_NOT_FOUND',
      `The job store does not know job ${JSON.stringify(id.slice(0, 80))}: it never heard of it, or its retention is over, or it was discarded.`,
      { details: { id: id.slice(0, 80) } },
    );
  }
}

/** The job has ended in some way, or the wait is over. */
const ENDS_OF_WAIT = [
  'WARREN_RESULT_TIMEOUT',
  'WARREN_JOB_FAILED',
  'WARREN_JOB_CANCELLED',
  'WARREN_RESULT_NOT_KEPT',
] as const;
