import { Controller, Inject } from '@nestjs/common';
import type { DeadLetterSelection } from 'nestjs-warren';
import { API, type ApiParts } from '../tokens.js';
import { Input, badRequest, type CallOf } from './call.js';
import { listDeadLetters, purgeDeadLetters, retryDeadLetters } from './dto/dead-letters.js';
import { Serves, type Endpoint } from './endpoint.js';
import { deadLetterView } from './views.js';

@Controller()
export class DeadLettersController {
  constructor(@Inject(API) private readonly parts: ApiParts) {}

  @Serves(listDeadLetters)
  async list(@Input() { params, query }: CallOf<typeof listDeadLetters>): Promise<object> {
    const { jobs, redact } = this.parts;
    const letters = await jobs.deadLetters(params.queue).list({ limit: query.limit ?? 100 });
    return { deadLetters: letters.map((letter) => deadLetterView(letter, redact)) };
  }

  @Serves(retryDeadLetters)
  async retry(@Input() { params, body }: CallOf<typeof retryDeadLetters>): Promise<object> {
    return { count: await this.parts.jobs.deadLetters(params.queue).requeue(chosen(body, retryDeadLetters)) };
  }

  @Serves(purgeDeadLetters)
  async purge(@Input() { params, body }: CallOf<typeof purgeDeadLetters>): Promise<object> {
    return { count: await this.parts.jobs.deadLetters(params.queue).purge(chosen(body, purgeDeadLetters)) };
  }
}

/** An empty body must not mean all. */
function chosen(
  { ids, all }: { readonly ids?: readonly string[] | undefined; readonly all?: boolean | undefined },
  served: Endpoint,
): DeadLetterSelection {
  if (ids && all === undefined) return { ids };
  if (all === true && !ids) return { all };
  throw badRequest(served, [
    'body: give ids: [...], or all: true if every dead letter is meant, and not both.',
  ]);
}
