import { describeError } from '../kernel/errors/index.js';
import { CAP_OPTIONS, capName, type CapOption } from '../options/cap-overrides.js';
import type { Broker } from '../ports/broker.js';
import type { QueueCaps } from '../ports/queue-caps.js';
import type { QueueSpec } from '../ports/queue-spec.js';
import { cappedBy, fixed, requireRoomForDelays } from './fixed-settings.js';
import type { SettingView } from './queue-view.js';

/** Limits that the broker keeps, changed while jobs run. */
export class QueueCapsDoor {
  constructor(private readonly broker: Broker) {}

  /** Checked; it goes to the broker when it is called. @throws as `jobs.queues.configure`. */
  planned(said: Readonly<Record<string, unknown>>, spec: QueueSpec, place: string): () => Promise<void> {
    const change = cappedBy(said, spec, place);
    return () => this.change(change, Object.keys(said)[0]!, spec, place);
  }

  /** Takes back one, or all. */
  async reset(option: CapOption | undefined, spec: QueueSpec, place: string): Promise<void> {
    // There nothing was ever set.
    if (!this.broker.caps) return;
    if (option !== undefined) return this.change({ [capName(option)]: undefined }, option, spec, place);
    const set = await this.broker.caps.read(spec.name);
    if (Object.keys(set).length === 0) return;
    await this.broker.caps.change(
      spec,
      Object.fromEntries(Object.keys(set).map((name) => [name, undefined])),
    );
  }

  /** By option, over what holds without them. Never rejects: what cannot be read is a problem of each. */
  async views(
    queue: string,
    beneath: Readonly<Record<string, SettingView>>,
  ): Promise<Readonly<Record<string, SettingView>>> {
    let set: QueueCaps;
    try {
      set = (await this.broker.caps?.read(queue)) ?? {};
    } catch (error) {
      const problem = describeError(error).message;
      return Object.fromEntries(CAP_OPTIONS.map((option) => [option, { ...beneath[option]!, problem }]));
    }
    return Object.fromEntries(
      CAP_OPTIONS.flatMap((option) => {
        const value = set[capName(option)];
        if (value === undefined) return [];
        return [[option, { value, origin: 'override', beneath: beneath[option]! }]];
      }),
    );
  }

  private async change(change: QueueCaps, setting: string, spec: QueueSpec, place: string): Promise<void> {
    const { caps } = this.broker;
    if (!caps) {
      throw fixed(setting, spec, place, `The broker given (${this.broker.kind}) has no way to change it.`);
    }
    requireRoomForDelays({ ...(await caps.read(spec.name)), ...change }, spec, place);
    await caps.change(spec, change);
  }
}
