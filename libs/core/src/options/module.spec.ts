import { custom } from '../kernel/backoff.js';
import { isWarrenError, type ConfigurationError } from '../kernel/errors/index.js';
import { silentLogger } from '../kernel/logger.js';
import type { JobsOptions } from './module.js';
import { resolveOptions } from './resolve.js';

const resolve = (options: JobsOptions) =>
  resolveOptions(options, { production: false }, { workerName: 'web-1:42', cores: 4 });
const URL = 'amqp://user:secret@broker:5672/shop';

const METHODS = [
  'start',
  'ensureQueue',
  'publish',
  'bury',
  'consume',
  'visitDeadLetters',
  'stats',
  'status',
  'close',
];
const noBroker: Readonly<Record<string, unknown>> = Object.fromEntries(
  METHODS.map((name) => [name, () => undefined]),
);

function problemsOf(options: unknown): readonly string[] {
  try {
    resolve(options as JobsOptions);
  } catch (error) {
    if (isWarrenError(error, 'WARREN_CONFIGURATION')) return (error as ConfigurationError).problems;
    throw error;
  }
  return [];
}

describe('wrong options', () => {
  it('say that onJobError is a function', () => {
    expect(problemsOf({ onJobError: { call: 1 } })).toEqual(['onJobError: an object is not a function.']);
  });

  it('of the log are told with what there is', () => {
    expect(problemsOf({ log: { attempts: 'none', fields: 'true', level: 'warn' } })).toEqual([
      "log.attempts: \"none\" is not 'all' or 'problems'.",
      expect.stringMatching(/^log\.fields: "true" is not true or false\./),
      'log.level: there is no such option. Known here: attempts, fields.',
    ]);
  });

  it('are all told in one error', () => {
    expect(
      problemsOf({
        url: 'http://broker',
        app: 'my shop',
        concurrency: 5,
        allowInMemory: 'true',
        queues: { 'a:b': {}, email: { type: 'stream', attempts: 50, maxAttempts: 10 } },
        worker: { concurrency: 0, queues: { email: { concurency: 5 } } },
        defaults: { timeout: 'long', backoff: '5s', retryIf: true, attempts: 0 },
        middleware: { run: [null] },
        logger: { info: () => undefined },
        publishTimeout: '0s',
      }),
    ).toEqual([
      expect.stringMatching(/^url: it begins with http:\/\/ instead of amqp/),
      expect.stringMatching(/^app: "my shop" is not a name of letters, digits, '_' and '-', of at most 60/),
      "concurrency: there is no such option. Did you mean 'worker.concurrency'?",
      expect.stringMatching(/^allowInMemory: "true" is not true or false\. It is text/),
      expect.stringMatching(/^queues: "a:b" is not a queue name/),
      "queues.email.type: \"stream\" is not 'quorum' or 'classic'.",
      'worker.concurrency: 0 is not a whole number from 1 to 65,535.',
      "worker.queues.email.concurency: there is no such option. Did you mean 'concurrency'?",
      expect.stringMatching(/^defaults\.timeout: "long" is not a duration .*, or false for none/),
      expect.stringMatching(/^defaults\.backoff: "5s" is not a backoff: exponential/),
      'defaults.retryIf: true is not a function.',
      'defaults.attempts: 0 is not a whole number of at least 1.',
      'middleware.run: a list is not a list of functions.',
      expect.stringMatching(/^logger: an object is not a logger .* Missing: error, warn, debug\.$/),
      expect.stringMatching(/^publishTimeout: "0s" is not a duration .* of at least 1ms/),
      expect.stringMatching(/^queues\.email\.attempts: 50 is above maxAttempts of the same queue \(10\)/),
    ]);
  });

  it('refuse a queue that is to drop its oldest but is never full', () => {
    expect(problemsOf({ queues: { email: { overflow: 'drop-oldest' } } })).toEqual([
      expect.stringMatching(/^queues\.email\.overflow: 'drop-oldest' drops nothing without maxLength/),
    ]);
    expect(problemsOf({ queues: { email: { overflow: 'drop-oldest', maxLength: 5 } } })).toEqual([]);
    expect(problemsOf({ queues: { email: { overflow: 'drop-oldest', maxBytes: 5 } } })).toEqual([]);
    expect(problemsOf({ queues: { email: { overflow: 'reject' } } })).toEqual([]);
  });

  it.each([0, -1, Number.NaN, 2.5, Infinity, '10'])('refuse %p as a limit of a queue', (limit) => {
    const email = { maxLength: limit, maxBytes: limit, messageTtl: limit === '10' ? -1 : limit } as never;
    expect(problemsOf({ queues: { email } })).toEqual([
      expect.stringMatching(/^queues\.email\.maxLength: .* is not a whole number of at least 1/),
      expect.stringMatching(/^queues\.email\.maxBytes: .* is not a whole number of at least 1/),
      expect.stringMatching(/^queues\.email\.messageTtl: .* is not a duration .* of at least 1s/),
    ]);
  });

  it.each([1, 11, -3, 2.5, NaN, '3', true])('refuse %p levels of priority', (priorities) => {
    expect(problemsOf({ queues: { email: { priorities } } })).toEqual([
      expect.stringMatching(/^queues\.email\.priorities: .* is not a whole number from 2 to 10/),
    ]);
  });

  it('refuse a policy for levels that are not there', () => {
    expect(problemsOf({ queues: { email: { priorityPolicy: 'strict' } } })).toEqual([
      expect.stringMatching(/^queues\.email\.priorityPolicy: it says nothing without priorities/),
    ]);
    expect(problemsOf({ queues: { email: { priorities: 2, priorityPolicy: 'strict' } } })).toEqual([]);
    expect(problemsOf({ queues: { email: { priorities: 2, priorityPolicy: 'fair' } } })).toHaveLength(1);
  });

  it.each([0, -1, NaN, 1.5, 1_001, '5'])('refuse the weight %p', (weight) => {
    expect(problemsOf({ worker: { queues: { email: { weight } } } })).toEqual([
      expect.stringMatching(/^worker\.queues\.email\.weight: .* is not a whole number from 1 to 1,000/),
    ]);
  });

  it('refuse caps of handlers that are none', () => {
    const handlers = { 'email:new': { concurrency: 0 }, 'a b': { concurrency: 1 }, '': {}, 'pdf:': 5 };
    expect(problemsOf({ worker: { handlers } })).toEqual([
      expect.stringMatching(/^worker\.handlers\.email:new\.concurrency: 0 is not a whole number from 1/),
      expect.stringMatching(/^worker\.handlers: "a b" is no job type/),
      "worker.handlers.''.concurrency: nothing is given.",
      'worker.handlers.pdf:: 5 is not an object of options.',
    ]);
    expect(problemsOf({ worker: { handlers: [] } })).toHaveLength(1);
    expect(problemsOf({ worker: { handlers: { '': { concurrency: 2 } } } })).toEqual([]);
  });

  it.each([null, undefined, 5, 'amqp://host', []])('refuses %p in place of options', (options) => {
    expect(problemsOf(options)).toEqual([expect.stringMatching(/^options: .* is not an object of options/)]);
  });

  it('accept what is right', () => {
    const logger = silentLogger;
    const run = [(_context: unknown, next: () => Promise<unknown>) => next()];
    expect(
      problemsOf({ logger, middleware: { run }, defaults: { backoff: custom(() => '5s'), timeout: false } }),
    ).toEqual([]);
  });
});

describe('the URL', () => {
  it('that is undefined means memory, that is empty is a mistake', () => {
    expect(resolve({ url: undefined }).broker).toEqual({ kind: 'memory' });
    for (const url of ['', '  ']) {
      expect(problemsOf({ url })).toEqual([
        expect.stringMatching(/^url: the text is empty.*environment variable/),
      ]);
    }
  });

  it('is needed for RabbitMQ', () => {
    expect(problemsOf({ broker: 'rabbitmq' })).toEqual([
      expect.stringMatching(/^broker: 'rabbitmq' needs a url/),
    ]);
    expect(problemsOf({ broker: 'rabbitmq', url: URL })).toEqual([]);
  });

  it.each([
    'amqp://user:secret@broker/%zz',
    'amqp://user:se/cret@broker',
    'amqp://user:secret@bro ker',
    'user:secret@broker',
    'https://user:secret@broker',
    'amqp://user:secret@',
    'secret',
    'amqp://',
  ])('is refused without showing a secret: %s', (url) => {
    const problems = problemsOf({ url: ['amqp://fine', url] });
    expect(problems).toEqual([expect.stringMatching(/^url\[1\]: /)]);
    expect(problems.join()).not.toMatch(/secret|cret@|user:s/);
  });

  it.each([[[]], [5], [{ host: 'x' }]])('is refused when it is %j', (url) => {
    expect(problemsOf({ url })).toHaveLength(1);
  });

  it.each(['amqp://localhost', 'amqps://u:p%40ss@host:5671/%2F', 'amqp://[::1]:5672/v?heartbeat=5'])(
    '%s is fine',
    (url) => {
      expect(problemsOf({ url })).toEqual([]);
    },
  );
});

describe('the URL of the management API', () => {
  it.each([
    ['', 'the text is empty'],
    [15672, '15672 is not a URL'],
    ['amqp://host', 'it begins with amqp: instead of http:// or https://'],
    ['http://admin:secret@bro ker', 'this is no valid URL (not shown'],
    ['http://admin:se%cret@broker', 'this is no valid URL (not shown'],
  ])('is refused without showing a secret: %s', (managementUrl, problem) => {
    const problems = problemsOf({ managementUrl });
    expect(problems).toEqual([expect.stringContaining(`managementUrl: ${problem}`)]);
    expect(problems.join()).not.toMatch(/secret|cret@|admin/);
  });

  it.each([undefined, 'http://host:15672', 'https://u:p%40ss@host/proxy/'])('%s is fine', (managementUrl) => {
    expect(problemsOf({ managementUrl })).toEqual([]);
  });
});

describe('the broker', () => {
  it('must have the methods of the port', () => {
    const { publish: _publish, stats: _stats, ...lacking } = noBroker;
    expect(problemsOf({ broker: lacking })).toEqual([
      expect.stringMatching(/^broker: an object is not a broker object .* Missing: publish, stats\.$/),
    ]);
    expect(problemsOf({ broker: 'redis' })).toEqual(["broker: \"redis\" is not 'rabbitmq' or 'memory'."]);
  });

  it('may be an instance of a class', () => {
    class Own {}
    Object.assign(Own.prototype, noBroker);
    expect(problemsOf({ broker: new Own() })).toEqual([]);
  });
});
