import type { GaugeKey } from '../names.js';
import type { Labels, MetricsPort, Sample } from '../metrics/port.js';
import type { ClusterFigures, ClusterView } from './cluster-view.js';
import type { QueueFigures } from './queue-figures.js';

/** The figures of the whole application as gauges. A process that does not report has none, instead of old ones. */
export function addClusterGauges(port: MetricsPort, view: ClusterView, connection: string): void {
  const add = (key: GaugeKey, read: (figures: ClusterFigures) => Sample[]) =>
    port.gauge(key, async () => {
      const figures = await view.read();
      return figures ? read(figures) : [];
    });
  const sample = (labels: Labels, value: number | undefined): Sample[] =>
    value === undefined ? [] : [{ labels: { connection, ...labels }, value }];
  const ofQueues =
    (read: (figures: QueueFigures) => number | undefined) =>
    ({ queues }: ClusterFigures): Sample[] =>
      queues.flatMap((figures) => sample({ queue: figures.queue }, read(figures)));

  add('depth', ({ queues }) =>
    queues.flatMap(({ queue, ready, dead, scheduled, retrying, active }) =>
      Object.entries({ ready, dead, scheduled, retrying, active }).flatMap(([state, value]) =>
        sample({ queue, state }, value),
      ),
    ),
  );
  add(
    'oldestAge',
    ofQueues(({ oldestAgeMs }) => oldestAgeMs && oldestAgeMs / 1_000),
  );
  add(
    'consumers',
    ofQueues(({ consumers }) => consumers),
  );
  add(
    'paused',
    ofQueues(({ isPaused }) => (isPaused === undefined ? undefined : Number(isPaused))),
  );
  add('schedules', ({ schedules }) =>
    Object.entries(schedules ?? {}).flatMap(([state, value]) => sample({ state }, value)),
  );
  port.gauge('reporter', async () => sample({}, Number((await view.read()) !== undefined)));
}
