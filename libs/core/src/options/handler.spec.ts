import { defineJob } from '../job/definition.js';
import { custom } from '../kernel/backoff.js';
import { checkDefinitionPolicy, checkHandlerOptions } from './handler.js';

describe('options of a handler', () => {
  it('are fine when each is', () => {
    expect(checkHandlerOptions({}, 'Emails.send')).toEqual([]);
    expect(
      checkHandlerOptions(
        {
          queue: 'slow',
          connection: 'billing',
          attempts: 3,
          timeout: '30s',
          deadline: '1h',
          ttl: false,
          backoff: custom(() => 1),
          retryIf: () => true,
        },
        'Emails.send',
      ),
    ).toEqual([]);
  });

  it('that are wrong are told with class and method', () => {
    const options = { atempts: 3, timeout: 0, queue: 'a:b', backoff: { kind: 'custom' } } as never;
    expect(checkHandlerOptions(options, 'Emails.send')).toEqual([
      "Emails.send: @JobHandler option atempts: there is no such option. Did you mean 'attempts'?",
      expect.stringMatching(/^Emails\.send: @JobHandler option timeout: 0 is not a duration .* at least 1ms/),
      expect.stringMatching(/^Emails\.send: @JobHandler option queue: "a:b" is not a queue name/),
      expect.stringMatching(/^Emails\.send: @JobHandler option backoff: an object is not a backoff/),
    ]);
  });

  it('include the policy of the definition, told with its type', () => {
    expect(checkDefinitionPolicy(defineJob()('email:new', { attempts: 3 }), 'Emails.send')).toEqual([]);
    expect(checkDefinitionPolicy(defineJob()('email:new', { attempts: -1 }), 'Emails.send')).toEqual([
      "Emails.send: defineJob('email:new') option attempts: -1 is not a whole number of at least 1.",
    ]);
  });
});
