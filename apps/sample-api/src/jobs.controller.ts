import {
  ConflictException,
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
} from '@nestjs/common';
import { JobQueue, type CancelResult, type Job, type JobState } from 'nestjs-warren';

/** What the API tells of a job. Its payload and stacks stay out: they hold addresses. */
interface JobStatus {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly state: JobState;
  /** What the handler last said, e.g. `{ done: 2, total: 3 }` of an invoice. */
  readonly progress: unknown;
  /** Of a completed job. */
  readonly result: unknown;
  /** Name and message, of the last try that failed. */
  readonly error: string | undefined;
  readonly created: Date;
  /** Tries made, with the one that runs. */
  readonly tried: number;
  readonly tries: number | undefined;
}

/** Jobs by their ids, which the other answers name. A real shop asks who wants to know. */
@Controller('jobs')
export class JobsController {
  constructor(private readonly jobs: JobQueue) {}

  @Get(':id')
  async status(@Param('id') id: string): Promise<JobStatus> {
    const job = await this.jobs.get(id);
    if (!job) throw new NotFoundException(`There is no job ${id}, or it is too long ago.`);
    return statusOf(job);
  }

  /** `cancelling`: it runs, and ends as soon as its handler does. Cancelled twice, it is cancelled. */
  @Delete(':id')
  @HttpCode(202)
  async cancel(
    @Param('id') id: string,
  ): Promise<{ readonly id: string; readonly outcome: Exclude<CancelResult, 'ended'> }> {
    const outcome = await this.jobs.cancel(id, { reason: 'cancelled through the API', by: 'api' });
    if (outcome === 'ended') throw new ConflictException(`Job ${id} has ended; GET /jobs/${id} says how.`);
    return { id, outcome };
  }
}

function statusOf(job: Job): JobStatus {
  const { id, type, queue, state, progress, result, error, createdAt, attempt, maxAttempts } = job;
  return {
    id,
    type,
    queue,
    state,
    progress,
    result,
    error: error && `${error.name}: ${error.message}`,
    created: createdAt,
    tried: attempt,
    tries: maxAttempts,
  };
}
