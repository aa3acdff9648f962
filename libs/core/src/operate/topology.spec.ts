import type { Broker } from '../ports/broker.js';
import type { Finding } from '../ports/finding.js';
import { ManualClock } from '../testing/manual-clock.js';
import { startHarness } from '../testing/harness.js';
import { findingLines } from './finding-lines.js';
import { Topology } from './topology.js';

const well: Finding = { level: 'ok', subject: 'broker', message: 'there' };

function topology(broker: Partial<Broker>, connected: () => Promise<void> = () => Promise.resolve()) {
  const clock = new ManualClock();
  return { clock, topology: new Topology({ broker: broker as Broker, clock, connected, needs: () => [] }) };
}

describe('a check', () => {
  it.each([
    [['ok', 'unknown'], true],
    [['ok', 'warn'], false],
    [['fail', 'ok'], false],
    [[], true],
  ] as const)('with findings of level %j: ok is %s', async (levels, ok) => {
    const findings = levels.map((level) => ({ ...well, level }));
    const { topology: checked } = topology({ inspect: () => Promise.resolve(findings) });
    expect(await checked.check()).toEqual({ ok, findings });
  });

  it('does not wait for a connection longer than it may', async () => {
    const limits: number[] = [];
    const inspect: Broker['inspect'] = (_needs, { limitMs }) => {
      limits.push(limitMs);
      return Promise.resolve([well]);
    };
    const { topology: checked, clock } = topology({ inspect }, () => new Promise(() => undefined));
    const report = checked.check({ timeout: '3s' });
    await clock.advance(3_000);
    expect((await report).findings).toEqual([well]);
    expect(limits).toEqual([0]);
  });

  it('tells what kept it from connecting', async () => {
    const { topology: checked } = topology({}, () =>
      Promise.reject(new Error('amqp://u:secret@host is gone')),
    );
    const { ok, findings } = await checked.check();
    expect(ok).toBe(false);
    expect(findings).toEqual([expect.objectContaining({ level: 'fail', subject: 'broker' })]);
    expect(JSON.stringify(findings)).not.toContain('secret');
  });

  it('says of a broker that cannot be inspected that it cannot', async () => {
    const status = () => ({ state: 'connected' as const, text: 'mine', consumers: [] });
    expect(await topology({ kind: 'mine', status }).topology.check()).toMatchObject({
      ok: true,
      findings: [{ level: 'unknown', message: 'The broker given (mine) cannot be inspected.' }],
    });
  });

  it('refuses a timeout that is none', async () => {
    await expect(topology({}).topology.check({ timeout: 'soon' as never })).rejects.toThrow(
      'check: timeout: "soon" is no duration',
    );
  });

  it('of the broker in memory finds nothing to mend', async () => {
    const harness = await startHarness();
    expect(await harness.jobs.topology.check()).toEqual({
      ok: true,
      findings: [{ level: 'ok', subject: 'broker', message: 'in the memory of this process' }],
    });
    await harness.close();
  });
});

describe('findings as lines', () => {
  it('stand in columns, with the fix behind an arrow', () => {
    expect(
      findingLines([
        well,
        { level: 'warn', subject: 'queue email', message: 'slow', fix: 'hurry' },
        { level: 'fail', subject: 'alarms', message: 'full', fix: 'empty it' },
        { level: 'unknown', subject: 'bindings', message: 'unseen' },
      ]),
    ).toEqual([
      'ok    broker       there',
      'WARN  queue email  slow -> hurry',
      'FAIL  alarms       full -> empty it',
      '?     bindings     unseen',
    ]);
  });

  it('are none without findings', () => {
    expect(findingLines([])).toEqual([]);
  });
});
