import { Controller, Inject } from '@nestjs/common';
import {
  NonRetryableJobError,
  RetryJobError,
  SnoozeJobError,
  WarrenError,
  type JobContext,
} from 'nestjs-warren';
import { Input, badRequest, type CallOf } from '../api/call.js';
import { optionsOf } from '../api/dto/enqueue.js';
import { ackWork, failWork, heartbeatWork, receiveWork, releaseWork, sendWork } from '../api/dto/work.js';
import { Serves, type Endpoint } from '../api/endpoint.js';
import { accepted } from '../api/views.js';
import { waitMs } from '../api/wait.js';
import { API, type ApiParts } from '../tokens.js';
import type { RemoteDesk } from './desk.js';
import type { Parcel } from './parcel.js';
import { noRemoteTypes } from './serve.js';

const LEAST_LEASE_MS = 1_000;
const MOST_LEASE_MS = 3_600_000;
const USUAL_WAIT_MS = 20_000;

/** It takes some time to ask the broker: who never waits would never get a job. */
const LEAST_WAIT_MS = 1_000;

@Controller()
export class RemoteWorkerController {
  constructor(@Inject(API) private readonly parts: ApiParts) {}

  @Serves(sendWork)
  async send(@Input() { body, setHeader }: CallOf<typeof sendWork>): Promise<object> {
    const { jobs, definitions } = this.parts;
    const { type, payload, lease } = body;
    const cause = lease === undefined ? undefined : this.desk.jobOf(lease);
    const options = { ...(cause && { correlationId: cause.correlationId }), ...optionsOf(body.options) };
    const definition = definitions.get(type);
    const ref = definition
      ? await jobs.enqueue(definition, payload, options)
      : await jobs.enqueue(type, payload, options);
    setHeader('Location', `../jobs/${encodeURIComponent(ref.id)}`);
    return accepted(ref);
  }

  @Serves(receiveWork)
  async receive(@Input() { body, gone }: CallOf<typeof receiveWork>): Promise<object> {
    const { desk } = this;
    const unknown = (body.queues ?? []).filter((queue) => !desk.queues.includes(queue));
    if (unknown.length > 0) throw notServed(unknown, desk);
    const { longestWaitMs, leaseMs } = this.parts;
    const parcels = await desk.receive({
      queues: body.queues,
      most: body.max ?? 1,
      waitMs: Math.max(
        LEAST_WAIT_MS,
        waitMs(body.wait, longestWaitMs, Math.min(USUAL_WAIT_MS, longestWaitMs)),
      ),
      leaseMs: this.leaseMs(body.lease, receiveWork) ?? leaseMs,
      gone,
    });
    return { jobs: parcels.map(workView) };
  }

  @Serves(heartbeatWork)
  async heartbeat(@Input() { params, body }: CallOf<typeof heartbeatWork>): Promise<object> {
    const leaseMs = this.leaseMs(body.lease, heartbeatWork);
    const { name, expiresAt } = this.desk.heartbeat(params.lease, leaseMs, body.progress);
    return { lease: name, expiresAt: new Date(expiresAt) };
  }

  @Serves(ackWork)
  ack(@Input() { params, body }: CallOf<typeof ackWork>): Promise<object> {
    return this.desk.end(params.lease, 'ack', (parcel) => parcel.complete(body.result));
  }

  @Serves(failWork)
  fail(@Input() { params, body }: CallOf<typeof failWork>): Promise<object> {
    return this.desk.end(params.lease, 'fail', (parcel) => parcel.fail(errorOf(body)));
  }

  @Serves(releaseWork)
  release(@Input() { params, body }: CallOf<typeof releaseWork>): Promise<object> {
    const reason = new SnoozeJobError(body.delay ?? 0, 'its remote worker gave it back');
    return this.desk.end(params.lease, 'release', (parcel) => parcel.fail(reason));
  }

  private get desk(): RemoteDesk {
    if (!this.parts.desk) throw noRemoteTypes();
    return this.parts.desk;
  }

  private leaseMs(said: CallOf<typeof receiveWork>['body']['lease'], served: Endpoint): number | undefined {
    if (said === undefined) return undefined;
    const ms = waitMs(said, Infinity);
    if (ms >= LEAST_LEASE_MS && ms <= MOST_LEASE_MS) return ms;
    throw badRequest(served, [`body.lease: ${ms} ms is not from 1 s to 1 h.`]);
  }
}

function notServed(queues: readonly string[], desk: RemoteDesk): WarrenError {
  return new WarrenError(
    'WARREN_QUEUE_NOT_FOUND',
    `No type of ${queues.map((queue) => `'${queue.slice(0, 120)}'`).join(', ')} is served to remote workers here. Served: ${desk.queues.join(', ')}.`,
  );
}

/** The payload as it is: whoever runs a job needs all of it. */
function workView({ job, lease }: Parcel): object {
  return { lease: lease!.name, expiresAt: new Date(lease!.expiresAt), ...jobView(job) };
}

function jobView(job: JobContext): object {
  const { id, type, queue, payload, attempt, maxAttempts, enqueuedAt } = job;
  const { scheduledFor, deadline, headers, correlationId, redelivered } = job;
  return {
    id,
    type,
    queue,
    payload,
    attempt,
    maxAttempts,
    enqueuedAt,
    scheduledFor,
    deadline,
    headers,
    correlationId,
    redelivered,
  };
}

function errorOf({ error, retry, delay }: CallOf<typeof failWork>['body']): Error {
  const { message, name = 'RemoteError', stack } = error;
  if (retry !== false && delay === undefined) return remoteError(message, name, stack);
  const said = `${name}: ${message}`;
  const cause = remoteError(message, name, stack);
  return retry === false
    ? new NonRetryableJobError(said, { cause })
    : new RetryJobError(delay!, said, { cause });
}

function remoteError(message: string, name: string, stack: string | undefined): Error {
  const error = new Error(message);
  error.name = name;
  // That of this process would say where the request was read.
  error.stack = stack ?? `${name}: ${message}`;
  return error;
}
