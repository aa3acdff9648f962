import type { Finding } from '../ports/finding.js';
import { settled } from '../testing.js';
import { BootCheck } from './boot-check.js';

function bootCheck(findings: readonly Finding[] | Error) {
  const lines: string[] = [];
  let runs = 0;
  const write = (level: string) => (line: string) => void lines.push(`${level}: ${line}`);
  const logger = { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  const check = new BootCheck(() => {
    runs += 1;
    return findings instanceof Error ? Promise.reject(findings) : Promise.resolve({ ok: true, findings });
  }, logger);
  return { check, lines, runs: () => runs };
}

describe('the check behind the boot', () => {
  it.each([
    ['the server first', ['serverMet', 'booted']],
    ['the boot first', ['booted', 'serverMet']],
  ])('runs once when both are there: %s', (_name, order) => {
    const { check, runs } = bootCheck([]);
    for (const event of order) {
      expect(runs()).toBe(0);
      if (event === 'booted') check.booted();
      else check.serverMet('RabbitMQ 4.0.5');
    }
    expect(runs()).toBe(1);
    check.booted();
    expect(runs()).toBe(1);
  });

  it('runs again for another server', () => {
    const { check, runs } = bootCheck([]);
    check.booted();
    check.serverMet('RabbitMQ 4.0.5');
    check.serverMet('RabbitMQ 4.3.6');
    expect(runs()).toBe(2);
  });

  it('writes one line for each problem, with its fix, and none for what is well or unknown', async () => {
    const { check, lines } = bootCheck([
      { level: 'ok', subject: 'broker', message: 'there' },
      { level: 'unknown', subject: 'alarms', message: 'not looked at', fix: 'look' },
      { level: 'warn', subject: 'queue email', message: 'It is slow.', fix: 'Hurry.' },
      { level: 'fail', subject: 'delays', message: 'They are gone.' },
    ]);
    check.booted();
    check.serverMet('RabbitMQ 4.0.5');
    await settled();
    expect(lines).toEqual([
      'warn: Broker check, queue email: It is slow. Hurry.',
      'warn: Broker check, delays: They are gone.',
    ]);
  });

  it('writes one line of level debug when there is nothing to mend, or when it broke off', async () => {
    for (const [findings, line] of [
      [[], 'debug: Broker check: nothing to mend (RabbitMQ 4.0.5)'],
      [new Error('no'), 'debug: The broker check broke off: no'],
    ] as const) {
      const { check, lines } = bootCheck(findings);
      check.booted();
      check.serverMet('RabbitMQ 4.0.5');
      await settled();
      expect(lines).toEqual([line]);
    }
  });
});
