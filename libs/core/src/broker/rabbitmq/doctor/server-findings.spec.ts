import { parseVersion } from '../broker-version.js';
import { known, unknown } from './management-api.js';
import type { ClusterNode } from './management-facts.js';
import { flagFindings, nodeFindings, versionFindings } from './server-findings.js';

const v310 = parseVersion('3.10.8');
const v40 = parseVersion('4.0.5');

describe('the version', () => {
  it.each([
    ['3.9.29', 'fail', 'is too old'],
    ['3.10.8', 'ok', 'has what Warren needs'],
    ['3.13.1', 'warn', 'may drop dead letters'],
    ['4.3.6', 'ok', 'has what Warren needs'],
    ['unknown', 'unknown', "no version that Warren can read ('unknown')"],
  ])('%s: %s', (text, level, message) => {
    expect(versionFindings(parseVersion(text))).toEqual([
      expect.objectContaining({ level, message: expect.stringContaining(message) as string }),
    ]);
  });
});

describe('feature flags', () => {
  const flag = (name: string, state: string, stability = 'stable') => ({ name, state, stability });

  it('fail below 3.12 when at-least-once dead-lettering needs one that is disabled', () => {
    const flags = known([flag('stream_queue', 'disabled'), flag('user_limits', 'enabled')]);
    expect(flagFindings(v310, flags)).toEqual([
      expect.objectContaining({
        level: 'fail',
        message: expect.stringMatching(
          /^stream_queue disabled: quorum queues dead-letter at most once/,
        ) as string,
        fix: 'rabbitmqctl enable_feature_flag all',
      }),
    ]);
  });

  it('warn of other stable ones, and not of experimental ones', () => {
    const flags = known([flag('rabbitmq_4.0.0', 'disabled'), flag('khepri_db', 'disabled', 'experimental')]);
    expect(flagFindings(v40, flags)).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: 'Disabled: rabbitmq_4.0.0. The next upgrade of RabbitMQ may refuse to start.',
      }),
    ]);
    expect(flagFindings(v40, known([flag('khepri_db', 'disabled', 'experimental')]))[0]?.level).toBe('ok');
  });

  it('are unknown without a management API', () => {
    expect(flagFindings(v40, unknown('nobody asked'))).toEqual([
      expect.objectContaining({ level: 'unknown', message: 'Not looked at: nobody asked.' }),
    ]);
  });
});

describe('nodes and alarms', () => {
  const node = (name: string, more: Partial<ClusterNode> = {}): ClusterNode => ({
    name,
    isRunning: true,
    hasMemoryAlarm: false,
    hasDiskAlarm: false,
    partitions: [],
    ...more,
  });
  const levels = (...nodes: ClusterNode[]) =>
    nodeFindings(known(nodes), false).map(({ level, subject, message }) => `${level} ${subject}: ${message}`);

  it('are well', () => {
    expect(levels(node('a'), node('b'))).toEqual(['ok alarms: None; 2 nodes run.']);
  });

  it('are told one by one', () => {
    expect(
      levels(
        node('a', { hasMemoryAlarm: true }),
        node('b', { hasDiskAlarm: true, partitions: ['c'] }),
        node('c', { isRunning: false }),
      ),
    ).toEqual([
      expect.stringMatching(/^fail alarms: Node a has run short of memory/),
      expect.stringMatching(/^fail alarms: Node b has run short of disk/),
      'fail nodes: Node b has lost sight of c.',
      'warn nodes: Node c does not run.',
    ]);
  });

  it('are known by what the connection was told, too', () => {
    expect(nodeFindings(unknown('nobody asked'), true)).toEqual([
      expect.objectContaining({ level: 'fail', subject: 'alarms' }),
    ]);
  });
});
