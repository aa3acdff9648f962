import { Controller, Get, Param } from '@nestjs/common';
import { JobQueue } from 'nestjs-warren';

interface ListedDeadLetter {
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly reason: string;
  readonly error: string;
  readonly attempts: number;
}

/** What nobody will retry by itself. Payloads stay out: they hold addresses. A real shop asks who wants to know. */
@Controller('dead-letters')
export class DeadLettersController {
  constructor(private readonly jobs: JobQueue) {}

  @Get(':queue')
  async list(@Param('queue') queue: string): Promise<ListedDeadLetter[]> {
    const letters = await this.jobs.deadLetters(queue).list({ limit: 1_000 });
    return letters.map(({ id, type, reason, error, attempts }) => ({ id, type, reason, error, attempts }));
  }
}
