/**
 * Every code that Warren raises: what happened and what to do. The reference page is made from this table, and a
 * test checks that each code is raised somewhere.
 */
export interface CodeEntry {
  readonly what: string;
  readonly cure: string;
}

export const ERROR_CODES = {
  WARREN_CONFIGURATION: {
    what: 'Options, decorators or definitions are wrong; found at boot or at the call that carries them.',
    cure: 'The message lists every problem with the place and the accepted values.',
  },
  WARREN_IN_MEMORY_REFUSED: {
    what: 'NODE_ENV is production and no broker URL is given, so that jobs would live in this process only.',
    cure: 'Give `url`, or set `allowInMemory: true` if losing jobs at a restart is meant.',
  },
  WARREN_NOT_CONNECTED: {
    what: 'The broker was not reachable, or publishing stood blocked, for as long as publishTimeout.',
    cure: 'Check that RabbitMQ runs and is reachable; raise `publishTimeout` if it needs longer to come back.',
  },
  WARREN_ACCESS_REFUSED: {
    what: 'The broker refused user, password, virtual host or permission.',
    cure: 'Check the credentials and the virtual host in the URL and the permissions of that user.',
  },
  WARREN_CLOSED: {
    what: 'The application is shutting down or has not been started.',
    cure: 'Enqueue before shutdown ends and after boot began.',
  },
  WARREN_UNROUTABLE: {
    what: 'No queue took the message.',
    cure: 'Check that the queue exists; with `declare: false` it must be created before.',
  },
  WARREN_QUEUE_FULL: {
    what: 'The queue holds its `maxLength` or `maxBytes` and refuses new jobs (`QueueFullError`).',
    cure: "Add workers, raise the limit, enqueue again later, or let the oldest go: `overflow: 'drop-oldest'`.",
  },
  WARREN_PUBLISH_REFUSED: {
    what: 'The broker answered the publish with a nack until `publishTimeout` was over, or closed the channel over it.',
    cure: "Look at the broker's log for the queue named; enqueue again.",
  },
  WARREN_PUBLISH_TIMEOUT: {
    what: 'The broker did not confirm in publishTimeout. The job may or may not have been accepted.',
    cure: 'Enqueue again with the same `id` if the handler is idempotent; look at the health of the broker.',
  },
  WARREN_PUBLISH_BACKLOG: {
    what: 'Too many publishes wait for a confirm, and none became free in publishTimeout.',
    cure: 'Enqueue more slowly, use enqueueMany, or raise `maxUnconfirmed`.',
  },
  WARREN_BULK_INCOMPLETE: {
    what: 'enqueueMany could not enqueue all of its jobs.',
    cure: 'The error lists those that are enqueued and those that failed, with the cause of each.',
  },
  WARREN_PAYLOAD_INVALID: {
    what: 'The payload does not satisfy its class or schema.',
    cure: 'The message lists what is wrong by property.',
  },
  WARREN_PAYLOAD_NOT_JSON: {
    what: 'The payload holds something that JSON cannot carry.',
    cure: 'The message names the path; convert the value, e.g. BigInt to string, Map to array.',
  },
  WARREN_PAYLOAD_TOO_LARGE: {
    what: 'The encoded payload is larger than `maxPayloadBytes`.',
    cure: 'Put the data in a store and enqueue its key.',
  },
  WARREN_TOPOLOGY_MISMATCH: {
    what: 'A queue or exchange exists with other arguments than those wanted, or is missing where somebody else makes it.',
    cure: 'The message names object, argument, both values and the way out.',
  },
  WARREN_NO_HANDLER: {
    what: 'No handler of this worker takes the job type; the attempt failed and is retried.',
    cure: 'Deploy a worker with a handler for the type, or add a catch-all handler.',
  },
  WARREN_EXPIRED: {
    what: 'No attempt started before the deadline of the job, or within its ttl.',
    cure: 'Add workers, raise `deadline` or `ttl`, or requeue the job from the dead letters.',
  },
  WARREN_TIMEOUT: {
    what: 'The attempt ran longer than its `timeout`.',
    cure: 'Raise `timeout`, call `heartbeat()`, or pass `signal` on so that the work stops.',
  },
  WARREN_INTERRUPTED: {
    what: 'The running attempt was cut by shutdown or by the loss of its channel; the job runs again.',
    cure: 'Raise `shutdownTimeout` if attempts need longer to finish.',
  },
  WARREN_THREAD_START: {
    what: 'A worker thread could not start the application; the attempt failed and is retried.',
    cure: 'Look at its cause; see that the entry file calls bootstrapWorker, and raise `startTimeout` if it needs longer.',
  },
  WARREN_THREAD_DIED: {
    what: 'The worker thread of the attempt ended: process.exit, an uncaught error, or its heap was full.',
    cure: 'Look at its cause; raise `maxHeapBytes` if it was the heap.',
  },
  WARREN_THREAD_VALUE: {
    what: 'A result or progress value of a handler in a worker thread cannot be copied to the main thread.',
    cure: 'Give JSON values: no functions, sockets or streams.',
  },
  WARREN_THREAD_UNSUPPORTED: {
    what: 'The operation is not possible in a worker thread.',
    cure: 'Do it in the main thread, in a handler without `isolation` say.',
  },
  WARREN_NON_RETRYABLE: {
    what: 'The handler said that trying again is useless.',
    cure: 'Look at its cause.',
  },
  WARREN_RETRY: {
    what: 'The handler asked for another attempt after a delay of its choice.',
    cure: 'Nothing.',
  },
  WARREN_SNOOZE: { what: 'The handler asked to run later, without spending an attempt.', cure: 'Nothing.' },
  WARREN_RATE_LIMITED: {
    what: 'The handler said that its target limits its rate (`job.rateLimited`); the job comes again then, without an attempt spent.',
    cure: 'Nothing. Where it comes often, give the queue or the handler a `rateLimit`.',
  },
  WARREN_STORE_UNAVAILABLE: {
    what: 'The job store did not answer in time, or refused. Jobs run without it; what they leave is not remembered.',
    cure: 'Look at the health of the store, and at the cause of this error.',
  },
  WARREN_STORE_REFUSED: {
    what: 'The job store is there and refused this one call: a value too large for it, a broken key, a command it lacks.',
    cure: 'Look at the cause, which has the words of the store. Other calls go on.',
  },
  WARREN_NO_STORE: {
    what: 'Something was asked that a job store knows, and the connection has none, or one without that facet.',
    cure: 'Give one: `store: new RedisJobStore({ url })`.',
  },
  WARREN_NOT_UNIQUE: {
    what: "Another job holds the unique key of the one to be enqueued, and its option is `onConflict: 'throw'`; or of the one to be retried.",
    cure: 'Nothing was enqueued or retried; `details.id` is the job that holds the key.',
  },
  WARREN_SCHEDULE_NOT_FOUND: {
    what: 'There is no schedule of that name: it was never put, or it was removed.',
    cure: 'Look at the name; `jobs.schedules.list()` gives all.',
  },
  WARREN_SCHEDULE_IN_CODE: {
    what: 'The schedule is declared in code, and cannot be changed or removed at run time; or only code can make its payload.',
    cure: 'Change it in code, or pause it: `jobs.schedules.pause(name)`.',
  },
  WARREN_JOB_NOT_FOUND: {
    what: 'The job store does not know the job: it never heard of it, its retention is over, or it was discarded.',
    cure: 'Look at the id, at `track` and at `retention`.',
  },
  WARREN_RESULT_TIMEOUT: {
    what: 'The job did not end in the `timeout` of the wait for its result. The job goes on.',
    cure: 'Ask again, or give a longer timeout.',
  },
  WARREN_RESULT_NOT_KEPT: {
    what: 'The job completed, but its result is not remembered: it was too large, or no JSON.',
    cure: 'Return less or plain JSON, or raise `maxRememberedBytes`.',
  },
  WARREN_JOB_FAILED: {
    what: 'The job whose result was waited for failed, or could not be enqueued.',
    cure: 'The message has its error; `jobs.get` has its attempts.',
  },
  WARREN_JOB_CANCELLED: {
    what: 'The job was cancelled. Told to who waits for its result, and to its running handler as the reason of `signal`.',
    cure: 'Enqueue it again if it is needed. A handler stops its work.',
  },
  WARREN_JOB_STATE: {
    what: 'The job is in a state in which that cannot be done to it.',
    cure: 'The message names the state and what can be done in it.',
  },
  WARREN_PAYLOAD_NOT_KEPT: {
    what: 'A new message of the job was asked for, and neither the job store nor the dead letters have its payload.',
    cure: 'Enqueue it again with its payload; raise `maxRememberedBytes` for jobs to come.',
  },
  WARREN_NOT_REPUBLISHED: {
    what: 'The broker did not take the new message of a job that was opened for it; the job is `enqueue_failed`.',
    cure: 'Look at the cause, and call `jobs.retry` when the broker takes messages again.',
  },
  WARREN_QUEUE_NOT_FOUND: {
    what: 'Something was to be set at run time for a queue that neither the options nor the broker nor any worker know.',
    cure: 'Look at the name; list the queue under `queues`, or start its worker first.',
  },
  WARREN_QUEUE_FIXED: {
    what: 'That setting was fixed when the queue was made, and cannot be changed so while it exists.',
    cure: 'The message has the command for a policy, where one can do it; else the queue needs another name.',
  },
  WARREN_MANAGEMENT_FAILED: {
    what: "A limit of a queue was to be read or changed at the broker, and RabbitMQ's management API did not do it.",
    cure: 'The message says what it answered. Correct `managementUrl`, or give its user the tag `policymaker`.',
  },
  WARREN_WORKER_NOT_FOUND: {
    what: 'No worker of that id, or of that `host:process id`, is among those that announce themselves.',
    cure: 'Look at `jobs.workers()`; one that was killed is gone from it after 15 s.',
  },
  WARREN_NOT_DRAINED: {
    what: 'What was waited for (a drained queue or type, a quiet worker) was not so in the time given. It stays asked for.',
    cure: 'The message says who still works; ask again with a longer `timeout`, or cancel those jobs.',
  },
  WARREN_BAD_CURSOR: {
    what: 'The cursor given for the next page of jobs was not made by the job store.',
    cure: 'Give back `next` of the page before as it is, or begin without a cursor.',
  },
  WARREN_BAD_REQUEST: {
    what: 'A request to the HTTP API is not as it must be: a field is missing, wrong or unknown.',
    cure: 'The message lists every problem with its field; `openapi.json` of the API has them all.',
  },
  WARREN_FORBIDDEN: {
    what: 'The HTTP API refused the request: the access function said no, or the request came from elsewhere.',
    cure: 'The message says which. Look at `access` and `guards` of JobsApiModule.',
  },
  WARREN_LEASE_NOT_FOUND: {
    what: 'No lease of that name is or was held in the process that was asked.',
    cure: 'Ask the process that gave it, and soon: what became of a lease is remembered for 10 minutes.',
  },
  WARREN_LEASE_ENDED: {
    what: 'A remote worker has something to say of a job whose lease is over: ended before, expired, cancelled or timed out.',
    cure: 'Drop what the job has brought since. Send heartbeats in time, or ask for a longer `lease`.',
  },
  WARREN_UNDECODABLE: {
    what: 'A message that arrived is no valid job.',
    cure: 'The message says which part; see docs/wire-format.md for the format.',
  },
  WARREN_BUG: {
    what: 'Something happened inside Warren that should not.',
    cure: 'Please report it with the message and the stack.',
  },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
