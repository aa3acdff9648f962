import { addressOf } from './connect.js';
import { CliError, EXIT, exitOf } from './exit-codes.js';

describe('an address', () => {
  it('is shown without user and password', () => {
    expect(addressOf('amqp://ada:s3cret@host:5672/prod')).toBe('amqp://host:5672/prod');
    expect(addressOf('redis://:s3cret@host:6379')).toBe('redis://host:6379');
    expect(addressOf('s3cret')).not.toContain('s3cret');
  });
});

describe('exit codes', () => {
  it.each([
    ['WARREN_JOB_NOT_FOUND', 3],
    ['WARREN_NOT_CONNECTED', 4],
    ['WARREN_CONFIGURATION', 2],
    ['WARREN_JOB_STATE', 1],
    ['WARREN_OF_A_LATER_VERSION', 1],
    [undefined, 1],
  ])('of %s is %d', (code, exit) => expect(exitOf(code)).toBe(exit));

  it('are kept by an error of the command', () => {
    expect(new CliError(EXIT.refused, 'no')).toMatchObject({ exit: 7, message: 'no', hint: undefined });
  });
});
