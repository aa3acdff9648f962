import { Controller, Inject } from '@nestjs/common';
import { API, type ApiParts } from '../tokens.js';
import { Input, type CallOf } from './call.js';
import { pauseType, pausedTypes, resumeType } from './dto/types.js';
import { Serves } from './endpoint.js';

@Controller()
export class TypesController {
  constructor(@Inject(API) private readonly parts: ApiParts) {}

  @Serves(pausedTypes)
  async paused(): Promise<object> {
    return { types: await this.parts.jobs.types.paused() };
  }

  @Serves(pauseType)
  async pause(@Input() { params }: CallOf<typeof pauseType>): Promise<object> {
    return { hold: await this.parts.jobs.types.pause(params.type) };
  }

  @Serves(resumeType)
  async resume(@Input() { params }: CallOf<typeof resumeType>): Promise<object> {
    return { hold: await this.parts.jobs.types.resume(params.type) };
  }
}
