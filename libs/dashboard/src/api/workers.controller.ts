import { Controller, Inject } from '@nestjs/common';
import { API, type ApiParts } from '../tokens.js';
import { Input, type CallOf } from './call.js';
import { checkTopology, listWorkers, quietWorker, wakeWorker } from './dto/workers.js';
import { Serves } from './endpoint.js';

@Controller()
export class WorkersController {
  constructor(@Inject(API) private readonly parts: ApiParts) {}

  @Serves(listWorkers)
  async list(): Promise<object> {
    return { workers: await this.parts.jobs.workers() };
  }

  @Serves(quietWorker)
  async quiet(@Input() { params }: CallOf<typeof quietWorker>): Promise<object> {
    return { told: await this.parts.jobs.workers.quiet(params.worker) };
  }

  @Serves(wakeWorker)
  async wake(@Input() { params }: CallOf<typeof wakeWorker>): Promise<object> {
    return { told: await this.parts.jobs.workers.wake(params.worker) };
  }

  @Serves(checkTopology)
  check(): Promise<object> {
    return this.parts.jobs.topology.check();
  }
}
