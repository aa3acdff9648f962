import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { JobWorker } from 'nestjs-warren';

/** Healthy: connected, and where this process runs jobs, a consumer is attached to each of its queues. */
@Controller('healthz')
export class HealthController {
  constructor(private readonly worker: JobWorker) {}

  @Get()
  check(): { readonly status: 'ok'; readonly broker: string } {
    const { state, text, consumers } = this.worker.status();
    const isHealthy = state === 'connected' && consumers.every(({ attached }) => attached);
    if (!isHealthy) throw new ServiceUnavailableException({ status: 'unavailable', broker: text });
    return { status: 'ok', broker: text };
  }
}
