import { Controller, Inject } from '@nestjs/common';
import type { QueueOverrides } from 'nestjs-warren';
import { API, type ApiParts } from '../tokens.js';
import { Input, type CallOf } from './call.js';
import { configureQueue, drainQueue, pauseQueue, resetQueue, resumeQueue, viewQueue } from './dto/queues.js';
import { Serves } from './endpoint.js';
import { waitMs } from './wait.js';

@Controller()
export class QueuesController {
  constructor(@Inject(API) private readonly parts: ApiParts) {}

  @Serves(viewQueue)
  view(@Input() { params }: CallOf<typeof viewQueue>): Promise<object> {
    return this.parts.jobs.queues.view(params.queue);
  }

  @Serves(pauseQueue)
  async pause(@Input() { params }: CallOf<typeof pauseQueue>): Promise<object> {
    return { hold: await this.parts.jobs.queues.pause(params.queue) };
  }

  @Serves(resumeQueue)
  async resume(@Input() { params }: CallOf<typeof resumeQueue>): Promise<object> {
    return { hold: await this.parts.jobs.queues.resume(params.queue) };
  }

  @Serves(drainQueue)
  async drain(@Input() { params, body }: CallOf<typeof drainQueue>): Promise<object> {
    const { jobs, longestWaitMs } = this.parts;
    await jobs.queues.drain(params.queue, { timeout: waitMs(body.timeout, longestWaitMs, longestWaitMs) });
    return { drained: true };
  }

  @Serves(configureQueue)
  async configure(@Input() { params, body }: CallOf<typeof configureQueue>): Promise<object> {
    return { hold: await this.parts.jobs.queues.configure(params.queue, body as QueueOverrides) };
  }

  @Serves(resetQueue)
  async reset(@Input() { params, body }: CallOf<typeof resetQueue>): Promise<object> {
    const key = body.key as keyof QueueOverrides | undefined;
    return { hold: await this.parts.jobs.queues.reset(params.queue, key) };
  }
}
