import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BUILD_INFO, METRICS, type Metric } from '../../libs/telemetry/src/names.js';
import { anchorsOf } from '../support/markdown.js';
import { promtool } from '../support/prometheus.js';

/** Alert rules and dashboard against the metrics that there are, with promtool; and the pages that explain both. */

const ALERTS = 'libs/telemetry/assets/alerts.yml';
const DASHBOARD = 'libs/telemetry/assets/grafana.json';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: ReadonlyArray<{ readonly expr: string }>;
}

const declared = Object.values<Metric>(METRICS).filter(({ name }) => name !== undefined);
const series = new Set([
  ...declared.flatMap(({ name, kind }) =>
    kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name!],
  ),
  BUILD_INFO.name,
]);
const alerts = readFileSync(ALERTS, 'utf8');
const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: ReadonlyArray<{ readonly definition?: string }> };
};
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

const folder = mkdtempSync(join(tmpdir(), 'warren-assets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const namesIn = (text: string): string[] => text.match(/\bwarren_[a-z_]+/g) ?? [];

describe('the alert rules', () => {
  it('are rules', async () => {
    const { code, said } = await promtool(['check', 'rules', ALERTS]);
    expect({ code, said }).toEqual({ code: 0, said: expect.stringMatching(/SUCCESS: \d+ rules found/) });
  });

  it('name metrics that there are', () => {
    expect(namesIn(alerts).length).toBeGreaterThan(15);
    expect(namesIn(alerts).filter((name) => !series.has(name))).toEqual([]);
  });

  it('each have a section in the runbook, and it has no others', () => {
    const rules = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!.toLowerCase());
    const links = [...alerts.matchAll(/runbook_url: (\S+)#(\S+)/g)];
    expect(links.map(([, page]) => page)).toEqual(rules.map(() => 'docs/how-to/alerts.md'));
    expect(links.map(([, , anchor]) => anchor)).toEqual(rules);
    const sections = [...anchorsOf('docs/how-to/alerts.md')].filter((anchor) =>
      /^warren[a-z]+$/.test(anchor),
    );
    expect(sections.sort()).toEqual([...rules].sort());
  });

  it('fire when they should, and not before', async () => {
    const queue = 'connection="default", queue="mail", instance="a:9464", job="worker"';
    const tests = {
      rule_files: [resolve(ALERTS)],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: [
            { series: `warren_queue_consumers{${queue}}`, values: '0x30' },
            { series: `warren_queue_depth{${queue}, state="ready"}`, values: '5x30' },
            { series: `warren_queue_paused{${queue}}`, values: '0x30' },
          ],
          alert_rule_test: [
            { eval_time: '4m', alertname: 'WarrenQueueWithoutConsumer', exp_alerts: [] },
            {
              eval_time: '6m',
              alertname: 'WarrenQueueWithoutConsumer',
              exp_alerts: [
                {
                  exp_labels: { severity: 'critical', job: 'worker', connection: 'default', queue: 'mail' },
                  exp_annotations: {
                    summary: 'Jobs wait in queue mail, and no worker takes them.',
                    runbook_url: 'docs/how-to/alerts.md#warrenqueuewithoutconsumer',
                  },
                },
              ],
            },
          ],
        },
        {
          name: 'paused on purpose',
          interval: '1m',
          input_series: [
            { series: `warren_queue_consumers{${queue}}`, values: '0x30' },
            { series: `warren_queue_depth{${queue}, state="ready"}`, values: '5x30' },
            { series: `warren_queue_paused{${queue}}`, values: '1x30' },
          ],
          alert_rule_test: [{ eval_time: '20m', alertname: 'WarrenQueueWithoutConsumer', exp_alerts: [] }],
        },
        {
          name: 'one job in two fails',
          interval: '1m',
          input_series: ['completed', 'failed'].map((state) => ({
            series: `warren_jobs_finished_total{${queue}, job_type="mail:new", state="${state}"}`,
            values: '0+6x30',
          })),
          alert_rule_test: [
            {
              eval_time: '20m',
              alertname: 'WarrenJobsFail',
              exp_alerts: [
                {
                  exp_labels: {
                    severity: 'warning',
                    job: 'worker',
                    connection: 'default',
                    queue: 'mail',
                    job_type: 'mail:new',
                  },
                  exp_annotations: {
                    summary: '50% of the jobs mail:new fail for good.',
                    runbook_url: 'docs/how-to/alerts.md#warrenjobsfail',
                  },
                },
              ],
            },
          ],
        },
        {
          name: 'connections come and go',
          interval: '1m',
          input_series: [
            {
              series: 'warren_broker_reconnects_total{connection="default", instance="a:9464", job="worker"}',
              values: '0x9 2x2 4x2 8x30',
            },
          ],
          alert_rule_test: [
            { eval_time: '14m', alertname: 'WarrenBrokerFlaps', exp_alerts: [] },
            {
              eval_time: '17m',
              alertname: 'WarrenBrokerFlaps',
              exp_alerts: [
                {
                  exp_labels: {
                    severity: 'warning',
                    job: 'worker',
                    connection: 'default',
                    instance: 'a:9464',
                  },
                  exp_annotations: {
                    summary: 'a:9464 loses its connections to RabbitMQ again and again.',
                    runbook_url: 'docs/how-to/alerts.md#warrenbrokerflaps',
                  },
                },
              ],
            },
          ],
        },
        {
          name: 'nobody leads',
          interval: '1m',
          input_series: [
            { series: 'warren_scheduler_leader{connection="default", instance="a"}', values: '1x5 0x30' },
            { series: 'warren_schedules{connection="default", state="active"}', values: '2x40' },
          ],
          alert_rule_test: [
            { eval_time: '5m', alertname: 'WarrenSchedulerWithoutLeader', exp_alerts: [] },
            {
              eval_time: '10m',
              alertname: 'WarrenSchedulerWithoutLeader',
              exp_alerts: [
                {
                  exp_labels: { severity: 'critical', connection: 'default' },
                  exp_annotations: {
                    summary: 'No process makes the jobs of schedules.',
                    runbook_url: 'docs/how-to/alerts.md#warrenschedulerwithoutleader',
                  },
                },
              ],
            },
          ],
        },
      ],
    };
    // JSON is YAML.
    const file = fileOf('alerts-test.yml', JSON.stringify(tests));
    const { code, said } = await promtool(['test', 'rules', file]);
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
  });
});

describe('the dashboard', () => {
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it('shows metrics that there are', () => {
    const asked = [...expressions, ...dashboard.templating.list.map(({ definition = '' }) => definition)];
    expect(expressions.length).toBeGreaterThan(20);
    expect(asked.flatMap(namesIn).filter((name) => !series.has(name))).toEqual([]);
  });

  it('asks questions that Prometheus understands', async () => {
    const rules = expressions.map((expr, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replace(/\$\w+/g, '.*'),
    }));
    const file = fileOf('panels.yml', JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const { code, said } = await promtool(['check', 'rules', file]);
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
  });

  it('has each panel once', () => {
    const titles = panels.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

it('the page of metrics lists each of them, with type and labels', () => {
  const page = readFileSync('docs/how-to/metrics.md', 'utf8');
  const rows = [...page.matchAll(/^\| `(warren_\w+)` +\| (\w+) +\| (.*?) +\|/gm)].map(
    ([, name, type, labels]) => ({
      name,
      type,
      labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    }),
  );
  const expected = [
    ...declared.map(({ name, kind, labels }) => ({ name, type: kind, labels: [...labels] })),
    { name: BUILD_INFO.name, type: 'gauge', labels: ['version'] },
  ];
  const byName = (a: { name?: string }, b: { name?: string }) => (a.name! < b.name! ? -1 : 1);
  expect(rows.sort(byName)).toEqual(expected.sort(byName));
  const otel = Object.values<Metric>(METRICS).flatMap((metric) => metric.otel ?? []);
  expect(otel.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

it('the compose stack mounts files that there are, and its dashboard has a folder', () => {
  const compose = readFileSync('docker-compose.observability.yml', 'utf8');
  const mounts = [...compose.matchAll(/- (\.\/[^:]+):([^:]+):ro/g)].map(([, from, to]) => ({
    from: from!,
    to: to!,
  }));
  expect(mounts.length).toBeGreaterThan(3);
  expect(mounts.filter(({ from }) => !existsSync(from))).toEqual([]);
  const provider = readFileSync('observability/grafana/provisioning/dashboards/warren.yml', 'utf8');
  const [, folder] = /path: (\S+)/.exec(provider) ?? [];
  expect(mounts.find(({ from }) => from.endsWith('grafana.json'))?.to.startsWith(`${folder}/`)).toBe(true);
});
