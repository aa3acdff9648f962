import { Inject } from '@nestjs/common';
import { JobQueue } from '../runtime/job-queue.js';
import { JobWorker } from '../runtime/job-worker.js';
import { DEFAULT_CONNECTION } from './decorators/metadata.js';
import { JobEvents } from './job-events.js';
import { JobStorage } from './job-storage.js';

/** Injection tokens: the classes for the unnamed connection, strings for named ones. */

type Token = string | (abstract new (...parameters: never[]) => unknown);

export function getJobQueueToken(connection: string = DEFAULT_CONNECTION): Token {
  return connection === DEFAULT_CONNECTION ? JobQueue : `warren:${connection}:queue`;
}

export function getJobWorkerToken(connection: string = DEFAULT_CONNECTION): Token {
  return connection === DEFAULT_CONNECTION ? JobWorker : `warren:${connection}:worker`;
}

export function getJobEventsToken(connection: string = DEFAULT_CONNECTION): Token {
  return connection === DEFAULT_CONNECTION ? JobEvents : `warren:${connection}:events`;
}

export function getJobStorageToken(connection: string = DEFAULT_CONNECTION): Token {
  return connection === DEFAULT_CONNECTION ? JobStorage : `warren:${connection}:storage`;
}

/** The running Warren itself. */
export function getJobConnectionToken(connection: string = DEFAULT_CONNECTION): string {
  return `warren:${connection}:connection`;
}

/** Injects the JobQueue of a named connection. */
export function InjectJobQueue(connection?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getJobQueueToken(connection));
}
