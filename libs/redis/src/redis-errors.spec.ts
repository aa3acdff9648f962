import { explain, isUnknownScript, troubleOf } from './redis-errors.js';

describe('what Redis says', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'outage', 'maxmemory'],
    [
      'ERR Error running script (call to f_1): -OOM command not allowed when used memory',
      'outage',
      'maxmemory',
    ],
    ["READONLY You can't write against a read only replica.", 'outage', 'primary'],
    ['LOADING Redis is loading the dataset in memory', 'outage', 'loading'],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'outage', 'primary'],
    ['MISCONF Redis is configured to save RDB snapshots', 'outage', 'disk'],
    ['CLUSTERDOWN The cluster is down', 'outage', 'CLUSTER INFO'],
    ['connect ECONNREFUSED 127.0.0.1:1', 'outage', 'ECONNREFUSED'],
    ['Socket closed unexpectedly', 'outage', 'Socket'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'access', 'check user and password'],
    ['NOAUTH Authentication required.', 'access', 'check user and password'],
    ["NOPERM this user has no permissions to run the 'evalsha' command", 'access', 'may do'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'command', 'WRONGTYPE'],
    ["ERR unknown command 'EVALSHA'", 'command', 'unknown command'],
  ] as const)('%s: %s', (message, trouble, cure) => {
    const error = new Error(message);
    expect(troubleOf(error)).toBe(trouble);
    expect(explain(error)).toContain(cure);
  });

  it('tells a missing script from other errors', () => {
    expect(isUnknownScript(new Error('NOSCRIPT No matching script.'))).toBe(true);
    expect(isUnknownScript(new Error('ERR Error running script'))).toBe(false);
  });

  it('finds the text of a connection that was refused on several addresses', () => {
    const error = Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:6379')]), {
      code: 'ECONNREFUSED',
    });
    expect(explain(error)).toBe('connect ECONNREFUSED ::1:6379');
  });
});
