import { parseVersion } from './broker-version.js';
import { consumerTimeoutArguments, consumerTimeoutProblem } from './consumer-timeout.js';

const v310 = parseVersion('3.10.8');
const v42 = parseVersion('4.2.0');
const v43 = parseVersion('4.3.6');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the time that a job may take before the broker takes it back', () => {
  it('is asked for where a consumer may ask', () => {
    expect(consumerTimeoutArguments(v43, 'quorum', 6 * HOUR)).toEqual({ 'x-consumer-timeout': 6 * HOUR });
  });

  it('is never shorter than what the broker grants anyway, nor longer than it can be', () => {
    expect(consumerTimeoutArguments(v43, 'quorum', MINUTE)).toEqual({ 'x-consumer-timeout': 30 * MINUTE });
    expect(consumerTimeoutArguments(v43, 'quorum', undefined)).toEqual({ 'x-consumer-timeout': 2 ** 31 - 1 });
    expect(consumerTimeoutArguments(v43, 'quorum', 1_000 * 24 * HOUR)).toEqual({
      'x-consumer-timeout': 2 ** 31 - 1,
    });
  });

  it.each([
    [v310, 'quorum'],
    [v42, 'quorum'],
    [v43, 'classic'],
  ] as const)('is not asked for where that is unknown or refused: %o, %s', (version, type) => {
    expect(consumerTimeoutArguments(version, type, 6 * HOUR)).toEqual({});
  });
});

describe('what the operator is told of it', () => {
  const question = (longestHoldMs: number | undefined, policyMs?: number) => ({
    queue: 'video',
    queueName: 'shop.q.video',
    vhost: '/',
    longestHoldMs,
    policyMs,
  });

  it('names the setting and the value', () => {
    const problem = consumerTimeoutProblem(v310, question(6 * HOUR));
    expect(problem?.message).toMatch(
      /queue 'video' may take up to 6h, but RabbitMQ 3\.10\.8 .* consumer_timeout \(30m /,
    );
    expect(problem?.fix).toContain('to at least 21600000 (milliseconds); or upgrade');
    expect(consumerTimeoutProblem(v310, question(undefined))?.message).toContain('may take any time');
  });

  it('names a policy where one may say it', () => {
    expect(consumerTimeoutProblem(v42, question(6 * HOUR))?.fix).toContain(
      String.raw`set_policy -p '/' --apply-to queues 'shop.q.video-timeout' '^shop\.q\.video$' '{"consumer-timeout":21600000}'`,
    );
  });

  it('is about the policy of the queue where it has one', () => {
    expect(consumerTimeoutProblem(v42, question(6 * HOUR, 6 * HOUR))).toBeUndefined();
    expect(consumerTimeoutProblem(v42, question(20 * MINUTE, 10 * MINUTE))?.message).toContain(
      'policy (10m): they would run twice',
    );
  });

  it('is nothing where it is asked for or short', () => {
    expect(consumerTimeoutProblem(v43, question(6 * HOUR))).toBeUndefined();
    expect(consumerTimeoutProblem(v310, question(20 * MINUTE))).toBeUndefined();
  });
});
