import { isRecord } from '../options/describe.js';
import { QUEUE_OVERRIDES, readOverride } from '../options/overrides.js';
import { POLICY } from '../options/policy.js';
import { QUEUE } from '../options/queue.js';
import type { Settings } from '../options/settings.js';
import { WORKER } from '../options/worker.js';
import type { StoredSetting } from '../ports/store-registry.js';

/** Who decided a setting: nobody, the module's options for all queues, its options for this queue, or somebody at run time. */
export type SettingOrigin = 'built-in' | 'module' | 'queue' | 'override';

export interface SettingView {
  /** As the code sees it: durations in milliseconds; undefined: none. */
  readonly value: unknown;
  readonly origin: SettingOrigin;
  /** What holds again after a reset, of one that was set at run time. */
  readonly beneath?: { readonly value: unknown; readonly origin: SettingOrigin };
  /** Why what was set at run time is not applied by this version. */
  readonly problem?: string;
}

export interface QueueView {
  readonly name: string;
  readonly isPaused: boolean;
  /** Each setting by its name, as the options call it; `concurrency` is that of the worker, `concurrencyByKey` the limit. */
  readonly settings: Readonly<Record<string, SettingView>>;
  /** Jobs that wait in it; undefined: the broker does not say. */
  readonly ready: number | undefined;
  readonly deadLetters: number | undefined;
  /** Workers that take jobs from it. */
  readonly consumers: number | undefined;
}

/** Two options are called `concurrency`: that of the worker, and that of limits, by key. */
const ALL = { ...QUEUE, ...POLICY, ...QUEUE_OVERRIDES, concurrencyByKey: QUEUE.concurrency };

export function settingViews(
  name: string,
  { queues }: Pick<Settings, 'queues'>,
  overrides: readonly StoredSetting[],
): Readonly<Record<string, SettingView>> {
  const said = queues.saidOf(name);
  const views = Object.keys(ALL).map((key): [string, SettingView] => {
    const own = isRecord(said.queue) ? said.queue[key] : undefined;
    const general = isRecord(said.module) ? said.module[key] : undefined;
    const origin = own !== undefined ? 'queue' : general !== undefined ? 'module' : 'built-in';
    const view: SettingView = { value: resolved(key, own ?? general), origin };
    const override = overrides.find((setting) => setting.key === key);
    if (!override) return [key, view];
    const read = readOverride(override, override.value);
    return read.kind === 'value'
      ? [key, { value: read.value, origin: 'override', beneath: view }]
      : [key, { ...view, problem: read.problem }];
  });
  return Object.fromEntries(views);
}

function resolved(key: string, said: unknown): unknown {
  if (key === 'concurrency') return WORKER.concurrency.resolve(said);
  return ALL[key as keyof typeof ALL].resolve(said);
}
