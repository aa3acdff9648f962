import { consumerTimeoutArguments, consumerTimeoutWarning } from './consumer-timeout.js';

const v310 = { text: '3.10.8', major: 3, minor: 10 };
const v42 = { text: '4.2.0', major: 4, minor: 2 };
const v43 = { text: '4.3.6', major: 4, minor: 3 };
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

  it('is told to the operator where it cannot be asked for', () => {
    expect(consumerTimeoutWarning(v310, 'video', 6 * HOUR)).toMatch(
      /queue 'video' may take up to 6h, but RabbitMQ 3\.10\.8 .* consumer_timeout \(30m .* to at least 21600000/,
    );
    expect(consumerTimeoutWarning(v310, 'video', undefined)).toContain('may take any time');
  });

  it('needs no word where it is asked for or short', () => {
    expect(consumerTimeoutWarning(v43, 'video', 6 * HOUR)).toBeUndefined();
    expect(consumerTimeoutWarning(v310, 'email', 20 * MINUTE)).toBeUndefined();
  });
});
