import type { Logger } from '../kernel/logger.js';
import { silentLogger } from '../kernel/logger.js';
import { blockedLog } from './blocked-log.js';

describe('the line about a blocked event loop', () => {
  const lineOf = (blockedMs: number, connectionHeartbeatMs: number | undefined): string => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (line) => void lines.push(line) };
    const jobs = [{ type: 'report:pdf', jobId: '1', place: 'Reports.pdf' }];
    blockedLog(logger)({
      kind: 'eventLoopBlocked',
      at: 0,
      blockedMs,
      cpuMs: blockedMs,
      connectionHeartbeatMs,
      jobs,
    });
    return lines.join();
  };

  it('says when it was long enough to lose the connection', () => {
    expect(lineOf(10_000, 10_000)).toContain(
      'That is longer than connectionHeartbeat (10s): RabbitMQ may have closed the connections, and what was not acked is handed out again.',
    );
    expect(lineOf(9_999, 10_000)).not.toContain('connectionHeartbeat');
    expect(lineOf(99_999, undefined)).not.toContain('connectionHeartbeat');
  });
});
